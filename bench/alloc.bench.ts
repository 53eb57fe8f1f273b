// alloc + free: Ashlar against its rivals. See README.md, and case.ts for the command line.
import * as ashlar from './alloc/ashlar.ts'
import * as rivals from './alloc/rivals.ts'
import { createWork, type Work, type Workload, workloads } from './alloc/workloads.ts'
import { type CaseOptions, type Prepared, serveCases } from './case.ts'

type Prepare = (work: Work, options: CaseOptions) => Prepared | Promise<Prepared>

const blockContenders: Record<string, Prepare> = {
  ashlar: ashlar.ashlarPool,
  'ashlar, second arena': ashlar.ashlarSecondPool,
  'ashlar behind a lock': ashlar.ashlarPoolBehindLock,
  'TLSF in wasm': rivals.tlsfWasm,
  '@thi.ng/malloc': rivals.thingMalloc,
  'new Float32Array': rivals.newFloat32Array,
  'Buffer.allocUnsafe': rivals.bufferAllocUnsafe,
}

const viewContenders: Record<string, Prepare> = {
  ashlar: ashlar.ashlarArrays,
  'ashlar, view by hand': ashlar.ashlarOwnViews,
  '@thi.ng/malloc': rivals.thingMalloc,
  'new Float32Array': rivals.newFloat32Array,
}

function contendersOf({ pattern }: Workload): Record<string, Prepare> {
  return pattern === 'view' ? viewContenders : blockContenders
}

const list = {
  operation: 'alloc + free',
  workloads: workloads.map((workload) => {
    const { name, pattern, byteLengths, liveCount } = workload
    const nativeArguments = [pattern, byteLengths, `${liveCount}`]
    const contenders = Object.keys(contendersOf(workload))
    return { name, contenders, ...(pattern === 'view' ? {} : { nativeArguments }) }
  }),
}

await serveCases(list, (options) => {
  const workload = workloads.find(({ name }) => name === options.workload)!
  return contendersOf(workload)[options.contender](createWork(workload), options)
})
