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

const fixedContenders: Record<string, Prepare> = {
  ...blockContenders,
  'new Float32Array(64)': rivals.newFloat32Array64,
}

const viewContenders: Record<string, Prepare> = {
  ashlar: ashlar.ashlarArrays,
  'ashlar, view by hand': ashlar.ashlarOwnViews,
  '@thi.ng/malloc': rivals.thingMalloc,
  'new Float32Array': rivals.newFloat32Array,
  'new Float32Array(64)': rivals.newFloat32Array64,
}

function contendersOf({ pattern, byteLengths }: Workload): Record<string, Prepare> {
  if (pattern === 'view') return viewContenders
  return byteLengths === '64' ? fixedContenders : blockContenders
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
