/** Typed arrays of any realm: Jest and vm contexts have classes that `instanceof` does not know. */

/** Of the built-in prototype: undefined of what is no typed array, whatever it claims to be. */
const nameOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined

export const isTypedArray = (value: unknown): value is ArrayLike<number> =>
  nameOf.call(value) !== undefined

export const isListOfNumbers = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || isTypedArray(value)

/** A Proxy of an array, or a class that extends one, may say anything. */
export const isLength = (length: unknown): length is number =>
  Number.isSafeInteger(length) && (length as number) >= 0

/** Whether it is an array of 32-bit numbers, as ids are. */
export function isIdArray(value: unknown): value is Int32Array | Uint32Array {
  const name = nameOf.call(value)
  return name === 'Int32Array' || name === 'Uint32Array'
}

/** A copy with room for `least` elements, and for twice as many as before. */
export function lengthened<T extends Int32Array | Uint8Array>(array: T, least: number): T {
  const longer = new (array.constructor as new (length: number) => T)(
    Math.max(least, 2 * array.length),
  )
  longer.set(array)
  return longer
}
