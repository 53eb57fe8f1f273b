/** The memory of a new arena: a buffer of its own, a caller's, or a region of one. */
import {
  isPlainObject,
  isSharedBuffer,
  isUnsharedBuffer,
  isWasmMemory,
  tagOf,
} from '../base/builtins.ts'
import {
  checkInteger,
  checkOptions,
  invalidArgument,
  noBuffer,
  notAnArena,
  notShareable,
  shown,
} from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { GrowableMemory } from '../memory/memory.ts'
import { stridesWith } from '../memory/size-classes.ts'
import { type ArenaRegion, controlSpanCountOf } from './control.ts'

export interface ArenaOptions {
  /**
   * The arena's length in bytes; at most 2 GiB. It reserves address space, which takes no memory
   * until it is used. Rounded up to whole spans of 64 KiB, or down in a caller's memory. Required,
   * except in a caller's memory: by default the rest of it.
   */
  readonly byteLength?: number
  /** Whether other threads can attach. By default, if the platform allows it. */
  readonly shared?: boolean
  /** How many pools can be open at once, 1 to 254; 15 by default. Up to 16, each takes 7 KiB. */
  readonly slots?: number
  /** Payloads of further size classes, in bytes: multiples of 16 up to 512 KiB. */
  readonly classes?: readonly number[]
  /** A caller's buffer, to make the arena in. */
  readonly buffer?: ArrayBufferLike
  /** A WebAssembly.Memory, to make the arena in. It may grow later. */
  readonly memory?: GrowableMemory
  /** Where in that memory the arena begins: a multiple of 16; 0 by default. */
  readonly byteOffset?: number
}

/** What another thread attaches to an arena with; survives postMessage. */
export interface ArenaHandle {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
}

/** With so many slots, the control area of an arena of 4 MiB takes three spans. */
const DEFAULT_SLOT_COUNT = 15

const KEYS = [
  'byteLength',
  'shared',
  'slots',
  'classes',
  'buffer',
  'memory',
  'byteOffset',
] as const satisfies (keyof ArenaOptions)[]

/** Checks the options and finds the memory, which is allocated only if all of them are sound. */
export function findRegion(given: ArenaOptions): ArenaRegion {
  const options = readOptions(given)
  const isOwn = options.buffer === undefined && options.growable === undefined
  return isOwn ? ownRegion(options) : callersRegion(options)
}

/** Reads each option once. */
function readOptions(given: ArenaOptions) {
  if (isPlainObject(given) && 'openPool' in given) {
    throw invalidArgument('options', given, '{ byteLength }, or a call of Arena.attach(handle)')
  }
  checkOptions(given, KEYS, '{ byteLength }, { buffer } or { memory }')
  const { byteLength, shared, slots: slotCount = DEFAULT_SLOT_COUNT, classes = [] } = given
  const { buffer, memory: growable, byteOffset: base = 0 } = given
  const strides = stridesWith(classes)
  checkInteger('slots', slotCount, 1, layout.MAX_SLOT_COUNT)
  if (shared !== undefined && typeof shared !== 'boolean') {
    throw invalidArgument('shared', shared, 'true or false')
  }
  const classCount = strides.length
  return { byteLength, shared, slotCount, classCount, strides, buffer, growable, base }
}

type ReadOptions = ReturnType<typeof readOptions>

/** The least length of an arena, from so many bytes up, with room for a span of blocks. */
function minByteLength(byteLength: number, options: ReadOptions): number {
  const controlByteLength = controlSpanCountOf({ ...options, byteLength }) * layout.SPAN_BYTE_LENGTH
  return byteLength > controlByteLength
    ? byteLength
    : minByteLength(byteLength + layout.SPAN_BYTE_LENGTH, options)
}

function ownRegion(options: ReadOptions): ArenaRegion {
  const { base } = options
  const { byteLength: wanted = 0 } = options
  checkInteger('byteLength', options.byteLength, 1, layout.MAX_BYTE_END)
  if (base !== 0) throw invalidArgument('byteOffset', base, 'none without `buffer` or `memory`')
  const whole = Math.ceil(wanted / layout.SPAN_BYTE_LENGTH) * layout.SPAN_BYTE_LENGTH
  const byteLength = minByteLength(whole, options)
  const shared = options.shared ?? whyNotShareable() === ''
  if (shared) checkShareable()
  try {
    const buffer = shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength)
    return { ...options, buffer, byteLength, shared, isNew: true }
  } catch (error) {
    throw noBuffer(byteLength, error)
  }
}

function callersRegion(options: ReadOptions): ArenaRegion {
  const { base, slotCount } = options
  const buffer = callersBuffer(options)
  const memoryEnd = Math.min(buffer.byteLength, layout.MAX_BYTE_END)
  checkInteger('byteOffset', base, 0, memoryEnd)
  if (base % layout.GRANULE_BYTE_LENGTH !== 0) {
    throw invalidArgument('byteOffset', base, 'a multiple of 16')
  }
  const { byteLength: wanted = memoryEnd - base } = options
  checkInteger('byteLength', wanted, 0, memoryEnd - base)
  const byteLength = wanted - (wanted % layout.SPAN_BYTE_LENGTH)
  const minimum = minByteLength(byteLength, options)
  if (byteLength < minimum) {
    throw invalidArgument('byteLength', wanted, `at least ${minimum} for ${slotCount} slots`)
  }
  const shared = isSharedBuffer(buffer)
  if (options.shared === true && !shared) {
    throw notShareable('threads cannot share the given ArrayBuffer')
  }
  if (options.shared === false && shared) {
    throw invalidArgument('shared', false, 'true, as the given buffer is shared')
  }
  return { ...options, buffer, byteLength, shared, isNew: false }
}

function callersBuffer({ buffer, growable: memory }: ReadOptions): ArrayBufferLike {
  if (memory !== undefined && buffer !== undefined) {
    throw invalidArgument('buffer', buffer, 'none beside `memory`: give one of them')
  }
  if (memory !== undefined && !isWasmMemory(memory)) {
    throw invalidArgument('memory', memory, 'a WebAssembly.Memory')
  }
  const found: unknown = memory?.buffer ?? buffer
  // By its tag: a page that may not share memory has shared WebAssembly.Memory, but not the class.
  if (tagOf(found) === '[object SharedArrayBuffer]') checkShareable()
  if (isUnsharedBuffer(found) || isSharedBuffer(found)) return found
  throw invalidArgument('buffer', found, 'an ArrayBuffer or a SharedArrayBuffer')
}

/** Checks a handle: this thread must share its memory with the thread that made it. */
export function checkedHandle(handle: ArenaHandle): ArenaHandle {
  const { buffer, byteOffset = -1 }: Partial<ArenaHandle> = isPlainObject(handle) ? handle : {}
  if (isUnsharedBuffer(buffer)) {
    throw notShareable('this handle holds a copy. Create the arena with `shared: true`')
  }
  if (!isSharedBuffer(buffer)) throw notAnArena('this handle has no SharedArrayBuffer')
  if (Number.isInteger(byteOffset) && byteOffset >= 0 && byteOffset % 16 === 0) {
    return { buffer, byteOffset }
  }
  throw notAnArena(`this handle has byteOffset ${shown(byteOffset)}, no multiple of 16`)
}

function checkShareable(): void {
  const reason = whyNotShareable()
  if (reason !== '') throw notShareable(reason)
}

/** Empty if memory can be shared with other threads. */
function whyNotShareable(): string {
  // Undefined outside browsers. A page can still get shared memory through WebAssembly, but cannot
  // post it: so this flag decides, and not whether the class exists.
  if (globalThis.crossOriginIsolated === false) {
    return (
      'this page is not cross-origin isolated. Serve it with `Cross-Origin-Opener-Policy: ' +
      'same-origin` and `Cross-Origin-Embedder-Policy: require-corp`, or create the arena with ' +
      '`shared: false`'
    )
  }
  if (typeof SharedArrayBuffer === 'undefined') {
    return 'this platform has no SharedArrayBuffer. Create the arena with `shared: false`'
  }
  return ''
}
