/** Which memory a new arena gets: a buffer of its own, a caller's, or a region of one. */
import { controlSpanCountOf } from './control.ts'
import { invalidArgument, noBuffer, notShareable } from './errors.ts'
import { GRANULE_BYTE_LENGTH, MAX_BYTE_END, MAX_SLOT_COUNT, SPAN_BYTE_LENGTH } from './layout.ts'
import type { GrowableMemory } from './memory.ts'

export interface ArenaOptions {
  /**
   * Of the arena, in bytes; at most 2 GiB. Address space is reserved, and costs nothing until it is
   * used. Rounded up to whole spans of 64 KiB (of a caller's memory, down). Required, unless a
   * caller's memory says how long it is.
   */
  readonly byteLength?: number
  /** Whether other threads can attach. By default: where the platform allows it. */
  readonly shared?: boolean
  /** How many pools can be open at a time, 1 to 254; 15 by default. Up to 16, each takes 7 KiB. */
  readonly slots?: number
  /** Further size classes, for payloads of so many bytes: multiples of 16 up to 512 KiB. */
  readonly classes?: readonly number[]
  /** A caller's buffer, which the arena is made in. */
  readonly buffer?: ArrayBufferLike
  /** A WebAssembly.Memory, which the arena is made in. It may grow later. */
  readonly memory?: GrowableMemory
  /** Where in that memory the arena begins: a multiple of 16; 0 by default. */
  readonly byteOffset?: number
}

/** With the default classes, so many slots and the other tables fill two spans of a small arena. */
const DEFAULT_SLOT_COUNT = 15

export interface Ground {
  readonly buffer: ArrayBufferLike
  readonly base: number
  /** Whole spans. */
  readonly byteLength: number
  readonly slotCount: number
  readonly growable: GrowableMemory | undefined
  readonly shared: boolean
  /** Whether every byte of the buffer is 0, as nobody else has had it. */
  readonly isNew: boolean
}

export const isShared = (buffer: unknown): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer

const isBuffer = (buffer: unknown): buffer is ArrayBufferLike =>
  buffer instanceof ArrayBuffer || isShared(buffer)

/** Checks the options and finds the memory; takes it only when all is well. */
export function findGround(options: ArenaOptions, classCount: number): Ground {
  const slotCount = options.slots ?? DEFAULT_SLOT_COUNT
  if (!Number.isInteger(slotCount) || slotCount < 1 || slotCount > MAX_SLOT_COUNT) {
    throw invalidArgument('slots', slotCount, `a whole number from 1 to ${MAX_SLOT_COUNT}`)
  }
  if (options.shared !== undefined && typeof options.shared !== 'boolean') {
    throw invalidArgument('shared', options.shared, 'true or false')
  }
  const isCallers = options.buffer !== undefined || options.memory !== undefined
  return isCallers
    ? callersGround(options, slotCount, classCount)
    : ownGround(options, slotCount, classCount)
}

/** The shortest arena, of at least so many bytes, with room for a block behind the control area. */
function minByteLength(atLeast: number, slotCount: number, classCount: number): number {
  let byteLength = atLeast
  const controlByteLength = () =>
    controlSpanCountOf({ byteLength, slotCount, classCount }) * SPAN_BYTE_LENGTH
  while (byteLength <= controlByteLength()) byteLength += SPAN_BYTE_LENGTH
  return byteLength
}

function ownGround(options: ArenaOptions, slotCount: number, classCount: number): Ground {
  const wanted = checkedByteLength(options.byteLength)
  if (options.byteOffset !== undefined && options.byteOffset !== 0) {
    throw invalidArgument('byteOffset', options.byteOffset, 'none without `buffer` or `memory`')
  }
  const whole = Math.ceil(wanted / SPAN_BYTE_LENGTH) * SPAN_BYTE_LENGTH
  const byteLength = minByteLength(whole, slotCount, classCount)
  const shared = options.shared ?? whyNotShareable() === ''
  if (shared && whyNotShareable() !== '') throw notShareable(whyNotShareable())
  const buffer = reserve(byteLength, shared)
  return { buffer, base: 0, byteLength, slotCount, growable: undefined, shared, isNew: true }
}

function reserve(byteLength: number, shared: boolean): ArrayBufferLike {
  try {
    return shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength)
  } catch (error) {
    throw noBuffer(byteLength, error)
  }
}

function callersGround(options: ArenaOptions, slotCount: number, classCount: number): Ground {
  const { memory, byteOffset: base = 0 } = options
  if (memory !== undefined && options.buffer !== undefined) {
    throw invalidArgument('buffer', options.buffer, 'none beside `memory`: give one of them')
  }
  const buffer: unknown = memory === undefined ? options.buffer : memory?.buffer
  // By its tag: a page that may not share memory has shared WebAssembly.Memory, but not the class.
  const tag = Object.prototype.toString.call(buffer)
  if (tag === '[object SharedArrayBuffer]' && whyNotShareable() !== '') {
    throw notShareable(whyNotShareable())
  }
  if (!isBuffer(buffer)) {
    const [name, given] = memory === undefined ? ['buffer', options.buffer] : ['memory', memory]
    throw invalidArgument(name, given, 'an ArrayBuffer, a SharedArrayBuffer or a wasm Memory')
  }
  if (!Number.isInteger(base) || base < 0 || base % GRANULE_BYTE_LENGTH !== 0) {
    throw invalidArgument('byteOffset', base, 'a multiple of 16, 0 or more')
  }
  const room = Math.min(buffer.byteLength, MAX_BYTE_END) - base
  if (room < 0) {
    throw invalidArgument('byteOffset', base, `at most ${base + room}, where the memory ends`)
  }
  const wanted = options.byteLength === undefined ? room : checkedByteLength(options.byteLength)
  if (wanted > room) {
    throw invalidArgument('byteLength', wanted, `at most ${room}, the rest of the memory`)
  }
  const byteLength = Math.floor(wanted / SPAN_BYTE_LENGTH) * SPAN_BYTE_LENGTH
  const minimum = minByteLength(byteLength, slotCount, classCount)
  if (byteLength < minimum) {
    throw invalidArgument('byteLength', wanted, `at least ${minimum} for ${slotCount} slots`)
  }
  const shared = isShared(buffer)
  if (options.shared === true && !shared) {
    throw notShareable('the given buffer is an ArrayBuffer, which threads cannot share')
  }
  if (options.shared === false && shared) {
    throw invalidArgument('shared', false, 'true, as the given buffer is shared')
  }
  return { buffer, base, byteLength, slotCount, growable: memory, shared, isNew: false }
}

function checkedByteLength(byteLength: number | undefined): number {
  if (!Number.isInteger(byteLength) || byteLength === undefined || byteLength <= 0) {
    throw invalidArgument('byteLength', byteLength, 'a whole number of bytes above 0')
  }
  if (byteLength > MAX_BYTE_END) {
    throw invalidArgument('byteLength', byteLength, `at most ${MAX_BYTE_END} (2 GiB)`)
  }
  return byteLength
}

/** Empty where memory can be shared with other threads. */
function whyNotShareable(): string {
  // Undefined outside browsers. A page can get hold of shared memory all the same, through
  // WebAssembly, but posting it then fails: so this flag decides, not whether the class exists.
  if (globalThis.crossOriginIsolated === false) {
    return (
      'memory cannot be shared, because this page is not cross-origin isolated. Serve it with the ' +
      'headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: ' +
      'require-corp`, or create the arena with `shared: false`'
    )
  }
  if (typeof SharedArrayBuffer === 'undefined') {
    return 'memory cannot be shared: this platform has no SharedArrayBuffer. Use `shared: false`'
  }
  return ''
}
