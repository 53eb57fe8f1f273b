/**
 * Which built-in object a value is, in whatever realm it was made. Jest, jsdom, vm contexts and
 * iframes each have an ArrayBuffer of their own, which `instanceof` does not know, and any object
 * can claim a tag. So these look at the object itself: by the getters of built-in prototypes, which
 * throw for every other object, and by the source text of a constructor.
 */

type Getter = (this: unknown) => unknown

const getterOf = (prototype: object, key: PropertyKey): Getter =>
  Object.getOwnPropertyDescriptor(prototype, key)?.get as Getter

/** Undefined where the platform or the page has no such class. */
const byteLengthOfBuffer = getterOf(ArrayBuffer.prototype, 'byteLength')
const byteLengthOfShared =
  typeof SharedArrayBuffer === 'undefined'
    ? undefined
    : getterOf(SharedArrayBuffer.prototype, 'byteLength')
const bufferOfMemory =
  typeof WebAssembly === 'undefined' ? undefined : getterOf(WebAssembly.Memory.prototype, 'buffer')
const nameOfArray = getterOf(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)

function isAnswered(getter: Getter | undefined, value: unknown): boolean {
  if (getter === undefined) return false
  try {
    getter.call(value)
    return true
  } catch {
    return false // a TypeError: it is of another kind
  }
}

export const isUnsharedBuffer = (value: unknown): value is ArrayBuffer =>
  isAnswered(byteLengthOfBuffer, value)

export const isSharedBuffer = (value: unknown): value is SharedArrayBuffer =>
  isAnswered(byteLengthOfShared, value)

export const isWasmMemory = (value: unknown): value is WebAssembly.Memory =>
  isAnswered(bufferOfMemory, value)

/** The name of a typed array's built-in class, such as `Int32Array`; undefined of what is none. */
export const typedArrayName = (value: unknown) => nameOfArray.call(value) as string | undefined

/** The source text of a built-in function. No other function has it: it is no JavaScript. */
const NATIVE_SOURCE = /^function (\w+)\(\) \{\s*\[native code\]\s*\}$/

/** The name of a built-in constructor, such as `Int32Array`; undefined of what is none. */
export function builtinClassName(value: unknown): string | undefined {
  // A bound function has the same source in Bun and Safari, and no prototype.
  if (typeof value !== 'function' || !Object.hasOwn(value, 'prototype')) return undefined
  return Function.prototype.toString.call(value).match(NATIVE_SOURCE)?.[1]
}

/** As `Array.isArray`, which throws for a Proxy that was revoked. */
export function isArray(value: unknown): value is readonly unknown[] {
  return tagOf(value) !== '' && Array.isArray(value)
}

/** Whether it is an object of no built-in class: a literal, or an instance of a user's class. */
export function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && tagOf(value) === '[object Object]'
}

/** By `Symbol.toStringTag`; empty of a Proxy that throws when it is asked. */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value)
  } catch {
    return ''
  }
}
