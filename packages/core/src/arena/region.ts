/** Finds the memory for a new arena: a new buffer, or a caller's buffer, or a region of that. */
import {
  isPlainObject,
  isSharedBuffer,
  isUnsharedBuffer,
  isWasmMemory,
  tagOf,
} from '../base/builtins.ts'
import {
  checkInteger,
  checkMultiple,
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
import { type ArenaRegion, controlSpanCountOf, type Geometry } from './control.ts'

/** Options of `Arena.create`: how long the arena is, and in which memory it lies. */
export interface ArenaOptions {
  /**
   * The length of the arena in bytes, at most 2 GiB.
   *
   * Without `buffer` and `memory`, this option is required. The length is rounded up to whole spans
   * of 64 KiB. The arena takes addresses for its whole length, but memory only for the parts that
   * you use.
   *
   * With `buffer` or `memory`, the length is rounded down. By default, the arena then reaches to
   * the end of that memory.
   */
  readonly byteLength?: number
  /**
   * The least length in bytes that you accept. If the platform refuses `byteLength`, the call tries
   * half of it, a quarter and so on, down to this length. By default, it tries only `byteLength`.
   */
  readonly minByteLength?: number
  /**
   * Whether other threads can attach to the arena. By default they can, if the platform and the
   * memory that you pass allow it.
   */
  readonly shared?: boolean
  /** How many pools can be open at once: 1 to 254. The default is 15. Each slot takes 7.6 KiB. */
  readonly slots?: number
  /**
   * Size classes to add to the default ones, each by the length of its payload in bytes: a multiple
   * of 16, up to 512 KiB.
   */
  readonly classes?: readonly number[]
  /** The buffer to create the arena in. By default, the arena gets a new buffer. */
  readonly buffer?: ArrayBufferLike
  /** The `WebAssembly.Memory` to create the arena in, instead of a buffer. It may grow later. */
  readonly memory?: GrowableMemory
  /** Where the arena begins in `buffer` or `memory`, in bytes: a multiple of 16. Default 0. */
  readonly byteOffset?: number
}

/** The argument of `Arena.attach` in another thread. You can send it with `postMessage`. */
export interface ArenaHandle {
  /** The shared buffer that the arena lies in. */
  readonly buffer: ArrayBufferLike
  /** Where the arena begins in the buffer, in bytes. */
  readonly byteOffset: number
}

const SPAN = layout.SPAN_BYTE_LENGTH
/** With so many slots, the control area of an arena of 4 MiB fits into three spans. */
const DEFAULT_SLOT_COUNT = 15

const KEYS = [
  'byteLength',
  'minByteLength',
  'shared',
  'slots',
  'classes',
  'buffer',
  'memory',
  'byteOffset',
] as const satisfies (keyof ArenaOptions)[]

/** Checks all options, then finds the memory: none is allocated if an option is wrong. */
export function findRegion(given: ArenaOptions): ArenaRegion {
  if (isPlainObject(given) && 'openPool' in given) {
    throw invalidArgument('options', given, '{ byteLength }, or Arena.attach(handle)')
  }
  checkOptions(given, KEYS)
  // Each option is read once, as a getter may return another value the next time.
  const { slots: slotCount = DEFAULT_SLOT_COUNT, classes = [], shared: wantsShared } = given
  const { memory: growable, buffer: callers, byteOffset: base = 0 } = given
  const isNew = growable === undefined && callers === undefined
  const strides = stridesWith(classes)
  checkInteger('slots', slotCount, 1, layout.MAX_SLOT_COUNT)
  if (wantsShared !== undefined && typeof wantsShared !== 'boolean') {
    throw invalidArgument('shared', wantsShared, 'true or false')
  }
  const found = isNew ? undefined : callersBuffer(callers, growable)
  const memoryEnd = Math.min(found?.byteLength ?? layout.MAX_BYTE_END, layout.MAX_BYTE_END)
  checkInteger('byteOffset', base, 0, isNew ? 0 : memoryEnd)
  checkMultiple('byteOffset', base)
  const { byteLength: wanted = isNew ? 0 : memoryEnd - base } = given
  checkInteger('byteLength', wanted, isNew ? 1 : 0, memoryEnd - base)
  const sizes = { slotCount, classCount: strides.length }
  const byteLength = wholeSpans(isNew ? wanted : wanted - (wanted % SPAN), sizes)
  if (!isNew && byteLength > wanted) {
    throw invalidArgument('byteLength', wanted, `at least ${byteLength} for ${slotCount} slots`)
  }
  const shared = isNew ? (wantsShared ?? whyNotShareable() === '') : isSharedBuffer(found)
  if (isNew && shared) checkShareable()
  if (wantsShared !== undefined && wantsShared !== shared) {
    throw shared
      ? invalidArgument('shared', false, 'true for a buffer that is shared')
      : notShareable('this ArrayBuffer is not shared. Create the arena with `shared: false`')
  }
  const { minByteLength = wanted } = given
  checkInteger('minByteLength', minByteLength, isNew ? 0 : wanted, wanted)
  const buffer = found ?? newBuffer(byteLength, wholeSpans(minByteLength, sizes), shared)
  const length = isNew ? buffer.byteLength : byteLength
  return { ...sizes, buffer, base, byteLength: length, strides, shared, isNew, growable }
}

/** `atLeast` in whole spans, with a span at least after the control area. */
function wholeSpans(atLeast: number, sizes: Omit<Geometry, 'byteLength'>): number {
  const byteLength = Math.ceil(atLeast / SPAN) * SPAN
  return byteLength > controlSpanCountOf({ ...sizes, byteLength }) * SPAN
    ? byteLength
    : wholeSpans(byteLength + SPAN, sizes)
}

/** Of `byteLength`, or the largest half, quarter and so on that the platform gives. */
function newBuffer(byteLength: number, least: number, shared: boolean): ArrayBufferLike {
  try {
    return shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength)
  } catch (error) {
    if (byteLength <= least) throw noBuffer(byteLength, error)
    return newBuffer(Math.max(least, Math.ceil(byteLength / 2 / SPAN) * SPAN), least, shared)
  }
}

function callersBuffer(buffer?: ArrayBufferLike, memory?: GrowableMemory): ArrayBufferLike {
  if (memory !== undefined && buffer !== undefined) {
    throw invalidArgument('buffer', buffer, 'none beside `memory`')
  }
  if (memory !== undefined && !isWasmMemory(memory)) {
    throw invalidArgument('memory', memory, 'a WebAssembly.Memory')
  }
  const found: unknown = memory?.buffer ?? buffer
  // By its tag: a page that is not isolated lacks the class, yet WebAssembly makes such buffers.
  if (tagOf(found) === '[object SharedArrayBuffer]') checkShareable()
  if (isUnsharedBuffer(found) || isSharedBuffer(found)) return found
  throw invalidArgument('buffer', found, 'an ArrayBuffer or SharedArrayBuffer')
}

/** Checks a handle. Its buffer must be shared memory: any other buffer was copied when posted. */
export function checkedHandle(handle: ArenaHandle): ArenaHandle {
  const { buffer, byteOffset }: Partial<ArenaHandle> = isPlainObject(handle) ? handle : {}
  if (isUnsharedBuffer(buffer)) {
    throw notShareable('this handle holds a copy. Create the arena with `shared: true`')
  }
  if (!isSharedBuffer(buffer)) throw notAnArena('this handle has no SharedArrayBuffer')
  // No fraction, infinity or NaN has the remainder 0.
  if (typeof byteOffset === 'number' && byteOffset >= 0 && byteOffset % 16 === 0) {
    return { buffer, byteOffset }
  }
  throw notAnArena(`this handle has byteOffset ${shown(byteOffset)}, no multiple of 16`)
}

function checkShareable(): void {
  const reason = whyNotShareable()
  if (reason !== '') throw notShareable(reason)
}

/** Why memory cannot be shared with other threads; empty if it can. */
function whyNotShareable(): string {
  // Undefined outside browsers. A page that is not isolated can get shared memory from WebAssembly,
  // but cannot post it to a thread. So this flag is asked before SharedArrayBuffer.
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
