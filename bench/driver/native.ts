// native.c as contenders: with the C library's malloc, and with mimalloc preloaded.
import { buildNative } from './build.ts'
import { type Case, runProcess } from './run.ts'

const contenders = [
  { contender: 'glibc malloc', ran: 'glibc', environment: {} },
  { contender: 'mimalloc', ran: 'mimalloc', environment: { LD_PRELOAD: 'libmimalloc.so.2' } },
]

export type NativeCases = (
  topic: string,
  workload: string,
  programArguments: readonly string[],
  minMilliseconds: number,
) => Case[]

/** Tries each contender once; those that the machine lacks are named through `onMissing`. */
export function findNative(onMissing: (text: string) => void): NativeCases {
  let command = ''
  const found = contenders.filter((one) => {
    try {
      command ||= buildNative()
      runProcess(nativeCase(one, command, 'alloc', 'trial', ['lifo', '64', '1', '1', '0', '1']))
      return true
    } catch (error) {
      onMissing(`${one.contender}: ${(error as Error).message}`)
      return false
    }
  })
  return (topic, workload, programArguments, minMilliseconds) =>
    found.map((one) =>
      nativeCase(one, command, topic, workload, [...programArguments, `${minMilliseconds}`]),
    )
}

function nativeCase(
  contender: (typeof contenders)[number],
  command: string,
  topic: string,
  workload: string,
  programArguments: readonly string[],
): Case {
  const engine = { key: 'native', name: 'native', command, arguments: [] }
  return { ...contender, topic, workload, engine, arguments: programArguments }
}
