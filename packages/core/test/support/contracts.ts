/**
 * What each public function takes: for each of its parameters a good value, and which others are.
 */

import * as core from '@ashlar/core'
import { publishBatch } from '@ashlar/core/tuning'
import { isPlainObject } from '../../src/base/builtins.ts'
import { type Site, SLOT_COUNT } from './api.ts'

export interface Parameter {
  readonly good: unknown
  /** Whether another value is taken as well, by what the docs say. */
  takes(value: unknown): boolean
  /** Of an object: its keys. */
  readonly keys?: Readonly<Record<string, Parameter>>
  /** Whether it may have further keys: it is no object of options. */
  readonly allowsMore?: boolean
}

export interface Contract {
  parameters(site: Site): readonly Parameter[]
  /** After a call that gave this: the arena has the blocks of before again. */
  undo?(site: Site, result: unknown): void
  /** Why no call with what it takes is tried: there may be none that can be undone. */
  readonly onlyRefusals?: string
}

const isFrom = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most
const isCount = (value: unknown) => isFrom(value, 0, 2 ** 32 - 1)
const isSlot = (value: unknown) => isFrom(value, 0, SLOT_COUNT - 1)
const isFunction = (value: unknown) => typeof value === 'function'
const isBoolean = (value: unknown) => typeof value === 'boolean'
const isNothingElse = () => false
const isObject = (given: unknown) => isPlainObject(given)

/** What options are when they are empty. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Reflect.getPrototypeOf(value)
  return (
    (prototype === null || prototype === Object.prototype) && Reflect.ownKeys(value).length === 0
  )
}

const parameter = (good: unknown, takes: Parameter['takes']): Parameter => ({ good, takes })
const optional = (good: unknown, takes: Parameter['takes'] = isNothingElse) =>
  parameter(good, (value) => value === undefined || takes(value))

function object(keys: Record<string, Parameter>, takes: Parameter['takes'] = isNothingElse) {
  const good = Object.fromEntries(Object.entries(keys).map(([key, { good }]) => [key, good]))
  return { good, takes, keys }
}
const options = (keys: Record<string, Parameter>) =>
  object(keys, (value) => value === undefined || isEmpty(value))

/** Of an arena. A handle says where memory is, as options do. */
const arenaOptions = ({ stranger }: Site, keys: Record<string, Parameter>) =>
  object(keys, (value) => value === stranger.handle)

const byteLength = parameter(100, isCount)
const arenaByteLength = parameter(1, (value) => isFrom(value, 1, 2 ** 31))
const arrayType = parameter(Float32Array, isNothingElse)
const alignment = optional(64, (value) => isFrom(value, 1, 4096) && Math.log2(value) % 1 === 0)
const shared = optional(true, isBoolean)
const slots = optional(3, (value) => isFrom(value, 1, 254))
const classes = optional([48], (value) => Array.isArray(value) && value.every((one) => one === 16))
const byteOffset = optional(16, (value) => value === 0)
const slot = optional(0, isSlot)

const isBuffer = (value: unknown) =>
  value instanceof ArrayBuffer || value instanceof SharedArrayBuffer

const free = ({ pool }: Site, offset: unknown) => pool.free(offset as number)
const isAtLeast0 = (value: unknown) => typeof value === 'number' && value >= 0
const anArena = ({ arena, stranger }: Site) => parameter(arena, (value) => value === stranger.arena)
const ofAnArena = { parameters: (site: Site) => [anArena(site)] }
const nothing = { parameters: () => [] }
const lengthAndAlignment = { parameters: () => [byteLength, alignment], undo: free }
/** Node and Bun confirm deaths by the worker. */
const hasLocks = 'Deno' in globalThis || !('process' in globalThis)
const NOT_UNDONE = 'what it does cannot be undone'

/**
 * By the names of `findCalls`; what stands behind a comma tells several contracts of one from
 * another.
 */
export const contracts: Readonly<Record<string, Contract>> = {
  createThreadLock: nothing,
  holdThreadLock: {
    parameters: () => [optional(core.createThreadLock())],
    onlyRefusals: 'on Deno, a thread that holds a lock does not end',
  },
  threadExited: {
    parameters: () => {
      const worker = parameter({}, () => hasLocks) // and is not looked at there
      const thread = object({ worker, lock: optional(core.createThreadLock()) })
      return [{ ...thread, allowsMore: true }]
    },
    onlyRefusals: 'it waits for the end of a thread',
  },
  createScratch: {
    parameters: ({ pool, stranger }) => [
      parameter(pool, (value) => value === stranger.pool),
      object({ byteLength: parameter(256, (value) => isFrom(value, 64, 2 ** 32 - 1)) }),
    ],
    undo: (_, scratch) => (scratch as core.Scratch).dispose(),
  },
  freeScratch: {
    parameters: ({ dead, deadScratch }) => [
      parameter(dead, isNothingElse),
      parameter(deadScratch, isNothingElse),
    ],
    onlyRefusals: NOT_UNDONE,
  },
  blocks: ofAnArena,
  verify: ofAnArena,
  exactStats: {
    parameters: (site) => [anArena(site), options({ slot, into: optional(site.arena.stats()) })],
  },
  openTelemetry: ofAnArena,
  openSupervisor: {
    parameters: (site) => [anArena(site), options({ state: optional('canary'), canarySlot: slot })],
  },
  publishBatch: {
    parameters: (site) => [
      anArena(site),
      parameter(100, (value) => isFrom(value, 0, 2 ** 19)),
      parameter(8, (value) => isFrom(value, 0, 1024)),
      slot,
    ],
    undo: ({ arena, stranger }) => {
      for (const one of [arena, stranger.arena]) publishBatch(one, 100, 0)
    },
  },
  'new Arena': { parameters: () => [parameter({}, isNothingElse)], onlyRefusals: 'private' },
  'new AttachedArena': {
    parameters: () => [parameter({}, isNothingElse)],
    onlyRefusals: 'private',
  },
  'new ArenaError': nothing, // the library makes them
  fragmentation: { parameters: ({ arena }) => [parameter(arena.stats(), isObject)] },
  hitRate: { parameters: ({ arena }) => [parameter(arena.stats(), isObject)] },
  'Arena.create': {
    parameters: (site) => [
      arenaOptions(site, { byteLength: arenaByteLength, shared, slots, classes }),
    ],
  },
  'Arena.create, in a buffer': {
    parameters: (site) => {
      const buffer = parameter(new ArrayBuffer(2 ** 20), isBuffer)
      return [arenaOptions(site, { buffer, byteOffset })]
    },
  },
  'Arena.create, in a memory': {
    parameters: (site) => {
      const isMemory = (value: unknown) => value instanceof WebAssembly.Memory
      const memory = parameter(new WebAssembly.Memory({ initial: 16 }), isMemory)
      return [arenaOptions(site, { memory, byteOffset })]
    },
  },
  'Arena.attach': {
    parameters: ({ arena: { handle }, stranger }) => {
      const buffer = parameter(handle.buffer, isNothingElse)
      const keys = { buffer, byteOffset: parameter(0, isNothingElse) }
      const { arena: other } = stranger
      const takes = (value: unknown) => value === other || value === stranger.handle
      return [{ ...object(keys, takes), allowsMore: true }]
    },
  },
  'get arena.buffer': nothing,
  'get arena.byteLength': nothing,
  'get arena.byteOffset': nothing,
  'get arena.f32': nothing,
  'get arena.f64': nothing,
  'get arena.handle': nothing,
  'get arena.i16': nothing,
  'get arena.i32': nothing,
  'get arena.i8': nothing,
  'get arena.u16': nothing,
  'get arena.u32': nothing,
  'get arena.u8': nothing,
  'get arena.onViolation': nothing,
  'set arena.onViolation': { parameters: () => [optional(() => {}, isFunction)] },
  'arena.adopt': {
    parameters: ({ dead }) => [parameter(dead.slot, isNothingElse), optional(dead.generation)],
    onlyRefusals: NOT_UNDONE,
  },
  'arena.isOpen': { parameters: () => [parameter(0, isSlot), parameter(1, isCount)] },
  'arena.openPool': {
    parameters: ({ reserved }) => [optional(reserved)],
    undo: (_, pool) => (pool as core.Pool).close(),
  },
  'arena.reserveSlot': { ...nothing, onlyRefusals: NOT_UNDONE },
  'arena.stats': {
    parameters: ({ arena }) => [options({ slot, into: optional(arena.stats()) })],
  },
  'arena.view': { parameters: ({ block }) => [parameter(block, isNothingElse)] },
  'pool.alloc': lengthAndAlignment,
  'pool.tryAlloc': lengthAndAlignment,
  'pool.allocZeroed': lengthAndAlignment,
  'pool.reserve': lengthAndAlignment,
  'pool.touch': {
    parameters: ({ block }) => [
      parameter(block, isNothingElse),
      parameter(100, (value) => isFrom(value, 0, 100)),
    ],
  },
  'pool.allocArray': {
    parameters: () => [arrayType, parameter(25, isCount)],
    undo: (site, array) => free(site, (array as Float32Array).byteOffset),
  },
  'pool.byteLengthOf': { parameters: ({ block }) => [parameter(block, isNothingElse)] },
  'pool.close': { ...nothing, onlyRefusals: NOT_UNDONE },
  'pool.collect': {
    parameters: () => [options({ spans: optional(1, isAtLeast0) })],
  },
  'pool.flush': nothing,
  'pool.goodByteLength': { parameters: () => [byteLength] },
  'pool.free': { parameters: () => [parameter(0, isNothingElse)] },
  'pool.realloc': { parameters: () => [parameter(0, isNothingElse), byteLength], undo: free },
  'pool.realloc, of a block': {
    parameters: ({ block }) => [parameter(block, (value) => value === 0), byteLength],
    onlyRefusals: 'the block may move',
  },
  'pool.tryResize': {
    parameters: ({ block }) => [parameter(block, isNothingElse), byteLength],
    undo: ({ pool, block }) => pool.tryResize(block, 100),
  },
  'pool.of': { parameters: () => [byteLength] },
  'typed.alloc': { ...nothing, undo: free },
  'typed.tryAlloc': { ...nothing, undo: free },
  'typed.free': { parameters: () => [parameter(0, isNothingElse)] },
  'get scratch.overflowCount': nothing,
  'get scratch.peakByteLength': nothing,
  'get scratch.usedByteLength': nothing,
  'scratch.alloc': {
    parameters: () => [byteLength, alignment],
    undo: ({ scratch }) => scratch.reset(),
  },
  'scratch.array': {
    parameters: () => [arrayType, parameter(25, isCount)],
    undo: ({ scratch }) => scratch.reset(),
  },
  'scratch.dispose': { ...nothing, onlyRefusals: NOT_UNDONE },
  'scratch.mark': nothing,
  'scratch.reset': nothing,
  'scratch.rewind': { parameters: ({ scratch }) => [parameter(scratch.mark(), isNothingElse)] },
  'get supervisor.state': nothing,
  'set supervisor.state': { parameters: () => [parameter('learn', isNothingElse)] },
  'supervisor.batchFor': {
    parameters: () => [parameter(100, (value) => isFrom(value, 0, 2 ** 19))],
  },
  'supervisor.step': { parameters: () => [optional(() => {}, isFunction)] },
  'supervisor.reset': nothing,
  'get telemetry.droppedEventCount': nothing,
  'telemetry.read': { parameters: () => [parameter(() => {}, isFunction)] },
}
