/**
 * Finds the memory for a new arena: a new buffer, a caller's buffer, or a region of a caller's
 * buffer.
 */
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

/** Options of `Arena.create`. They say how long the arena is, and which memory it uses. */
export interface ArenaOptions {
  /**
   * The length of the arena in bytes, at most 2 GiB.
   *
   * If you pass neither `buffer` nor `memory`, this option is required. The length is rounded up to
   * whole spans of 64 KiB. The arena takes addresses for its whole length, but memory only for the
   * parts that you use.
   *
   * If you pass `buffer` or `memory`, the length is rounded down. By default, the arena then ends
   * where that memory ends.
   */
  readonly byteLength?: number
  /**
   * The least length in bytes that you accept. If the platform refuses `byteLength`, the call tries
   * half of that length, then a quarter, and so on, down to `minByteLength`. By default, the call
   * tries only `byteLength`.
   */
  readonly minByteLength?: number
  /**
   * Whether other threads can attach to the arena. By default, they can if the platform allows it,
   * and if the memory that you pass is shared.
   */
  readonly shared?: boolean
  /**
   * How many pools can be open at the same time: 1 to 254. The default is 15. With 15 slots, each
   * slot takes 7.6 KiB.
   */
  readonly slots?: number
  /**
   * Size classes to add to the default ones. Each number is the longest payload of a class, in
   * bytes: a multiple of 16, up to 512 KiB.
   */
  readonly classes?: readonly number[]
  /** The buffer in which to create the arena. By default, the arena gets a new buffer. */
  readonly buffer?: ArrayBufferLike
  /**
   * The `WebAssembly.Memory` in which to create the arena, instead of a buffer. The memory may grow
   * later.
   */
  readonly memory?: GrowableMemory
  /**
   * The byte offset in `buffer` or `memory` at which the arena begins: a multiple of 16. Default 0.
   */
  readonly byteOffset?: number
}

/** The argument of `Arena.attach` in another thread. You can send it with `postMessage`. */
export interface ArenaHandle {
  /** The shared buffer that contains the arena. */
  readonly buffer: ArrayBufferLike
  /** The byte offset in the buffer at which the arena begins. */
  readonly byteOffset: number
}

/** The length of a span in bytes. */
const SPAN = layout.SPAN_BYTE_LENGTH
/**
 * The default number of slots. With 15 slots, the control area of an arena of 4 MiB fits into three
 * spans.
 */
const DEFAULT_SLOT_COUNT = 15

/** The names of all options. */
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

/**
 * Checks all options, then finds the memory for the arena. If an option is wrong, no memory is
 * allocated.
 * @throws ArenaError as `Arena.create`
 */
export function findRegion(given: ArenaOptions): ArenaRegion {
  if (isPlainObject(given) && 'openPool' in given) {
    throw invalidArgument('options', given, '{ byteLength }, or Arena.attach(handle)')
  }
  checkOptions(given, KEYS)
  // Each option is read only once, because a getter may return another value the next time.
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

/**
 * Returns `atLeast`, rounded up to whole spans. The result has room for the control area and at
 * least one more span.
 */
function wholeSpans(atLeast: number, sizes: Omit<Geometry, 'byteLength'>): number {
  const byteLength = Math.ceil(atLeast / SPAN) * SPAN
  return byteLength > controlSpanCountOf({ ...sizes, byteLength }) * SPAN
    ? byteLength
    : wholeSpans(byteLength + SPAN, sizes)
}

/**
 * Makes a buffer of `byteLength` bytes. If the platform refuses, tries half of that length, then a
 * quarter, and so on, down to `least`.
 * @throws ArenaError 'out-of-memory' if the platform refuses all these lengths
 */
function newBuffer(byteLength: number, least: number, shared: boolean): ArrayBufferLike {
  try {
    return shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength)
  } catch (error) {
    if (byteLength <= least) throw noBuffer(byteLength, error)
    return newBuffer(Math.max(least, Math.ceil(byteLength / 2 / SPAN) * SPAN), least, shared)
  }
}

/**
 * Returns the buffer that the caller passed, directly or as a WebAssembly.Memory.
 * @throws ArenaError 'invalid-argument' if it is not a buffer; 'not-shareable' if it is shared
 * memory that this page cannot share
 */
function callersBuffer(buffer?: ArrayBufferLike, memory?: GrowableMemory): ArrayBufferLike {
  if (memory !== undefined && buffer !== undefined) {
    throw invalidArgument('buffer', buffer, 'none beside `memory`')
  }
  if (memory !== undefined && !isWasmMemory(memory)) {
    throw invalidArgument('memory', memory, 'a WebAssembly.Memory')
  }
  const found: unknown = memory?.buffer ?? buffer
  // The tag is tested because a page that is not isolated has no class SharedArrayBuffer. But
  // WebAssembly makes such buffers even on this page.
  if (tagOf(found) === '[object SharedArrayBuffer]') checkShareable()
  if (isUnsharedBuffer(found) || isSharedBuffer(found)) return found
  throw invalidArgument('buffer', found, 'an ArrayBuffer or SharedArrayBuffer')
}

/**
 * Checks a handle, and returns it. Its buffer must be shared memory, because any other buffer was
 * copied when the handle was posted.
 * @throws ArenaError 'not-shareable' if the buffer is a copy; 'not-an-arena' if the handle is wrong
 * in another way
 */
export function checkedHandle(handle: ArenaHandle): ArenaHandle {
  const { buffer, byteOffset }: Partial<ArenaHandle> = isPlainObject(handle) ? handle : {}
  if (isUnsharedBuffer(buffer)) {
    throw notShareable('this handle holds a copy. Create the arena with `shared: true`')
  }
  if (!isSharedBuffer(buffer)) throw notAnArena('this handle has no SharedArrayBuffer')
  // The remainder is 0 only for a finite whole number, not for a fraction, infinity or NaN.
  if (typeof byteOffset === 'number' && byteOffset >= 0 && byteOffset % 16 === 0) {
    return { buffer, byteOffset }
  }
  throw notAnArena(`this handle has byteOffset ${shown(byteOffset)}, no multiple of 16`)
}

/**
 * Throws if memory cannot be shared with other threads.
 * @throws ArenaError 'not-shareable' if the check fails
 */
function checkShareable(): void {
  const reason = whyNotShareable()
  if (reason !== '') throw notShareable(reason)
}

/** Returns why memory cannot be shared with other threads. Returns an empty string if it can. */
function whyNotShareable(): string {
  // Outside browsers, this flag is undefined. A page that is not isolated can get shared memory
  // from WebAssembly, but cannot post it to a thread. So the flag is tested before
  // SharedArrayBuffer.
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
