/** Plain values as JSON in the arena. */

export const encodeJson = (
  value: unknown,
  replacer?: (key: string, value: unknown) => unknown,
): Uint8Array => new TextEncoder().encode(JSON.stringify(value, replacer))

export function storeBytes(words: Int32Array, byteOffset: number, bytes: Uint8Array): void {
  new Uint8Array(words.buffer, byteOffset, bytes.length).set(bytes)
}

export function loadJson(
  words: Int32Array,
  byteOffset: number,
  byteLength: number,
  reviver?: (key: string, value: unknown) => unknown,
): unknown {
  const shared = new Uint8Array(words.buffer, byteOffset, byteLength)
  // A copy: browsers decode no text in shared memory.
  return JSON.parse(new TextDecoder().decode(shared.slice()), reviver)
}

/** A replacer that throws where JSON would drop or change a value without a word. */
export function refuseLoss(key: string, value: unknown): unknown {
  if (isPlain(value)) return value
  throw new TypeError(`${key === '' ? 'they are' : `${key} is`} ${String(value)}`)
}

function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value)
    case 'object': {
      if (value === null || Array.isArray(value)) return true
      const prototype = Object.getPrototypeOf(value) // of any realm
      return prototype === null || Object.getPrototypeOf(prototype) === null
    }
    default:
      return typeof value === 'string' || typeof value === 'boolean'
  }
}
