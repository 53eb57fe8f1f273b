/** Which memory a new arena gets: a buffer of its own, a caller's, or a region of one. */
import {
  isPlainObject,
  isSharedBuffer,
  isUnsharedBuffer,
  isWasmMemory,
  tagOf,
} from '../base/builtins.ts'
import { invalidArgument, noBuffer, notAnArena, notShareable, shown } from '../base/errors.ts'
import {
  GRANULE_BYTE_LENGTH,
  MAX_BYTE_END,
  MAX_SLOT_COUNT,
  SPAN_BYTE_LENGTH,
} from '../base/layout.ts'
import { checkOptions } from '../base/options.ts'
import type { GrowableMemory } from '../memory/memory.ts'
import { controlSpanCountOf } from './control.ts'

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

/** What another thread attaches to an arena with; survives postMessage. */
export interface ArenaHandle {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
}

/** The control area of an arena of 4 MiB with so many slots takes three spans. */
const DEFAULT_SLOT_COUNT = 15

/** The memory of an arena. */
export interface ArenaRegion {
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

const KEYS = [
  'byteLength',
  'shared',
  'slots',
  'classes',
  'buffer',
  'memory',
  'byteOffset',
] as const satisfies (keyof ArenaOptions)[]

/** What callers pass, checked as a whole, and read once. */
export function readOptions(given: ArenaOptions) {
  const expected = expectedInstead(given)
  if (expected !== undefined) throw invalidArgument('options', given, expected)
  checkOptions(given, KEYS, '{ byteLength: 64 * 2 ** 20 }')
  const { byteLength, shared, slots = DEFAULT_SLOT_COUNT, classes = [] } = given
  const { buffer, memory, byteOffset = 0 } = given
  return { byteLength, shared, slots, classes, buffer, memory, byteOffset }
}

type ReadOptions = ReturnType<typeof readOptions>

/** What has a `byteLength` or a `buffer` as well, and is easily passed by itself. */
function expectedInstead(given: unknown): string | undefined {
  if (typeof given === 'number') return `an object that has it: { byteLength: ${given} }`
  if (isUnsharedBuffer(given) || isSharedBuffer(given)) return 'an object that has it: { buffer }'
  if (isWasmMemory(given)) return 'an object that has it: { memory }'
  if (ArrayBuffer.isView(given)) {
    return 'an object with the memory that it is a view of: { buffer, byteOffset, byteLength }'
  }
  if (isPlainObject(given) && 'openPool' in given) {
    return 'an object such as { byteLength }. To share an arena, pass its handle to Arena.attach'
  }
}

/** Checks the options and finds the memory; takes it only when all is well. */
export function findRegion(options: ReadOptions, classCount: number): ArenaRegion {
  const { slots, shared, buffer, memory } = options
  if (!Number.isInteger(slots) || slots < 1 || slots > MAX_SLOT_COUNT) {
    throw invalidArgument('slots', slots, `a whole number from 1 to ${MAX_SLOT_COUNT}`)
  }
  if (shared !== undefined && typeof shared !== 'boolean') {
    throw invalidArgument('shared', shared, 'true or false')
  }
  const isCallers = buffer !== undefined || memory !== undefined
  return isCallers ? callersRegion(options, classCount) : ownRegion(options, classCount)
}

/** The shortest arena, of at least so many bytes, with room for a block behind the control area. */
function minByteLength(atLeast: number, slotCount: number, classCount: number): number {
  let byteLength = atLeast
  const controlByteLength = () =>
    controlSpanCountOf({ byteLength, slotCount, classCount }) * SPAN_BYTE_LENGTH
  while (byteLength <= controlByteLength()) byteLength += SPAN_BYTE_LENGTH
  return byteLength
}

function ownRegion(options: ReadOptions, classCount: number): ArenaRegion {
  const { slots: slotCount, byteOffset } = options
  const wanted = checkedByteLength(options.byteLength)
  if (byteOffset !== 0) {
    throw invalidArgument('byteOffset', byteOffset, 'none without `buffer` or `memory`')
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

function callersRegion(options: ReadOptions, classCount: number): ArenaRegion {
  const { memory, byteOffset: base, slots: slotCount } = options
  const buffer = callersBuffer(options)
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
  const shared = isSharedBuffer(buffer)
  if (options.shared === true && !shared) {
    throw notShareable('the given buffer is an ArrayBuffer, which threads cannot share')
  }
  if (options.shared === false && shared) {
    throw invalidArgument('shared', false, 'true, as the given buffer is shared')
  }
  return { buffer, base, byteLength, slotCount, growable: memory, shared, isNew: false }
}

function callersBuffer({ buffer, memory }: ReadOptions): ArrayBufferLike {
  if (memory !== undefined && buffer !== undefined) {
    throw invalidArgument('buffer', buffer, 'none beside `memory`: give one of them')
  }
  if (memory !== undefined && !isWasmMemory(memory)) {
    throw invalidArgument('memory', memory, 'a WebAssembly.Memory')
  }
  const found: unknown = memory?.buffer ?? buffer
  // By its tag: a page that may not share memory has shared WebAssembly.Memory, but not the class.
  if (tagOf(found) === '[object SharedArrayBuffer]' && whyNotShareable() !== '') {
    throw notShareable(whyNotShareable())
  }
  if (isUnsharedBuffer(found) || isSharedBuffer(found)) return found
  throw invalidArgument('buffer', found, 'an ArrayBuffer or a SharedArrayBuffer')
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

/** A handle of memory that this thread shares with the one that it is from. */
export function checkedHandle(handle: ArenaHandle): ArenaHandle {
  const { buffer, byteOffset = -1 }: Partial<ArenaHandle> = isPlainObject(handle) ? handle : {}
  if (isUnsharedBuffer(buffer)) {
    throw notShareable(
      'this handle holds an ArrayBuffer: a copy, which the other thread does not see. ' +
        'Create the arena with `shared: true`',
    )
  }
  if (!isSharedBuffer(buffer)) throw notAnArena('this handle has no SharedArrayBuffer')
  if (Number.isInteger(byteOffset) && byteOffset >= 0 && byteOffset % 16 === 0) {
    return { buffer, byteOffset }
  }
  throw notAnArena(`this handle has byteOffset ${shown(byteOffset)}, no multiple of 16`)
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
