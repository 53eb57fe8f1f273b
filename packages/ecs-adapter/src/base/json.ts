/** Stores plain values as JSON in the arena. */
import { corrupt, shown } from './errors.ts'

export const encodeJson = (
  value: unknown,
  replacer?: (key: string, value: unknown) => unknown,
): Uint8Array => new TextEncoder().encode(JSON.stringify(value, replacer))

export function storeBytes(words: Int32Array, byteOffset: number, bytes: Uint8Array): void {
  new Uint8Array(words.buffer, byteOffset, bytes.length).set(bytes)
}

/**
 * Reads a value from JSON in the arena.
 * @throws StorageError 'corrupt' if the bytes are not in the arena, or are no JSON
 */
export function loadJson(words: Int32Array, byteOffset: number, byteLength: number): unknown {
  if (byteOffset < 0 || byteLength < 0 || byteOffset + byteLength > words.byteLength) {
    throw corrupt('the length of a description', byteLength, 'one within the arena')
  }
  // `slice` copies the bytes: in browsers, TextDecoder refuses shared memory.
  const text = new TextDecoder().decode(
    new Uint8Array(words.buffer, byteOffset, byteLength).slice(),
  )
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw corrupt('a description', text.slice(0, 100), 'JSON')
    throw error
  }
}

/** A replacer for JSON.stringify. It throws for values that JSON would silently drop or change. */
export function refuseLoss(key: string, value: unknown): unknown {
  if (isPlain(value)) return value
  throw new TypeError(`${key === '' ? 'they are' : `${key} is`} ${shown(value)}`)
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  if (value === null || Array.isArray(value)) return true
  const prototype = Object.getPrototypeOf(value) // `Object.prototype` of any realm, or null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
