/**
 * Recognizes typed arrays of any realm. Jest and vm contexts have their own classes, for which
 * `instanceof` returns false.
 */

/** The types of arrays that columns and lists can have. */
export type ScalarArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** The class of a column, such as `Float32Array`. */
export interface ScalarArrayConstructor<A extends ScalarArray = ScalarArray> {
  /** The size of an element in bytes. */
  readonly BYTES_PER_ELEMENT: number
  /** Makes a view of `length` elements. The first element is at `byteOffset`. */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

/** The getter of a typed array's class name. It returns undefined if `this` is no typed array. */
const nameOf = /* @__PURE__ */ Object.getOwnPropertyDescriptor(
  /* @__PURE__ */ Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined

export const isListOfNumbers = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || nameOf.call(value) !== undefined

/**
 * Returns whether a value is a valid length. Only a Proxy of an array, or a class that extends
 * Array, can have an invalid one.
 */
export const isLength = (length: unknown): length is number =>
  Number.isSafeInteger(length) && (length as number) >= 0

/** Returns whether a value is a typed array of 32-bit integers, as arrays of entity ids are. */
export function isIdArray(value: unknown): value is Int32Array | Uint32Array {
  const name = nameOf.call(value)
  return name === 'Int32Array' || name === 'Uint32Array'
}

/** Returns a copy with twice as many elements as `array`, or with `least` if that is more. */
export function lengthened<T extends Int32Array | Uint8Array>(array: T, least: number): T {
  const longer = new (array.constructor as new (length: number) => T)(
    Math.max(least, 2 * array.length),
  )
  longer.set(array)
  return longer
}
