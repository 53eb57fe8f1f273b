// alloc + free: Ashlar against its rivals. See README.md, and case.ts for the command line.
import * as ashlar from './alloc/ashlar.ts'
import * as rivals from './alloc/rivals.ts'
import {
  createWork,
  nativeArgumentsOf,
  type Work,
  type Workload,
  workloads,
} from './alloc/workloads.ts'
import { type CaseOptions, type Prepared, serveCases } from './case.ts'

type Prepare = (work: Work, options: CaseOptions) => Prepared | Promise<Prepared>
type Contenders = Readonly<Record<string, Prepare>>

const ofBlocks: Contenders = {
  ashlar: ashlar.ashlarPool,
  'ashlar, second arena': ashlar.ashlarSecondPool,
  'ashlar behind a lock': ashlar.ashlarPoolBehindLock,
  'TLSF in wasm': rivals.tlsfWasm,
  '@thi.ng/malloc': rivals.thingMalloc,
  'new Float32Array': rivals.newFloat32Array,
  'Buffer.allocUnsafe': rivals.bufferAllocUnsafe,
}

/** Of a million blocks: the other rivals would take minutes, or gigabytes. */
const ofMillion: Contenders = { ashlar: ashlar.ashlarPool }
/** Of 64 bytes: the memory of the wasm module is too short for a million of mixed lengths. */
const ofMillionFixed: Contenders = { ...ofMillion, 'TLSF in wasm': rivals.tlsfWasm }

/** Where all blocks have one byte length. */
const typed: Contenders = { 'ashlar, typed': ashlar.ashlarTyped }

const ofViews: Contenders = {
  ashlar: ashlar.ashlarArrays,
  'ashlar, view by hand': ashlar.ashlarOwnViews,
  '@thi.ng/malloc': rivals.thingMalloc,
  'new Float32Array': rivals.newFloat32Array,
}

function contendersOf({ pattern, byteLengths, liveCount }: Workload): Contenders {
  if (pattern === 'view') return ofViews
  const isMillion = liveCount > 100_000
  if (byteLengths === 'mixed') return isMillion ? ofMillion : ofBlocks
  return { ...(isMillion ? ofMillionFixed : ofBlocks), ...typed }
}

const list = {
  operation: 'alloc + free',
  workloads: workloads.map((workload) => {
    const contenders = Object.keys(contendersOf(workload))
    const nativeArguments = nativeArgumentsOf(workload)
    const isNative = workload.pattern !== 'view'
    return { name: workload.name, contenders, ...(isNative ? { nativeArguments } : {}) }
  }),
}

await serveCases(list, (options) => {
  const workload = workloads.find(({ name }) => name === options.workload)!
  return contendersOf(workload)[options.contender](createWork(workload), options)
})
