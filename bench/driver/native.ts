// native.c as contenders: linked with the C library's malloc, and the same program with mimalloc preloaded.
import { buildNative } from './build.ts'
import { type Case, runProcess } from './run.ts'

const contenders = [
  { contender: 'glibc malloc', ran: 'glibc', environment: {} },
  { contender: 'mimalloc', ran: 'mimalloc', environment: { LD_PRELOAD: 'libmimalloc.so.2' } },
]

export type NativeCases = (
  workload: string,
  programArguments: readonly string[],
  minMilliseconds: number,
) => Case[]

/** Tries each contender once; those that the machine lacks are named through `onMissing`. */
export function findNative(onMissing: (text: string) => void): NativeCases {
  const program = buildNative()
  if (!program) {
    onMissing('glibc malloc, mimalloc: no C compiler (cc, gcc, clang)')
    return () => []
  }
  const engine = { key: 'native', name: 'native', command: program, arguments: [] }
  const found = contenders.filter((one) => {
    const trial = { ...one, topic: 'alloc', workload: 'trial', engine }
    try {
      runProcess({ ...trial, arguments: ['lifo', '64', '1', '1'] })
      return true
    } catch (error) {
      onMissing(`${one.contender}: ${(error as Error).message}`)
      return false
    }
  })
  return (workload, programArguments, minMilliseconds) =>
    found.map((one) => {
      const allArguments = [...programArguments, `${minMilliseconds}`]
      return { ...one, topic: 'alloc', workload, engine, arguments: allArguments }
    })
}
