/**
 * Recognises built-in objects of any realm. Jest, jsdom, vm contexts and iframes each have an
 * ArrayBuffer class of their own, which `instanceof` does not recognise. An object can also have a
 * false tag. So the functions here test the object itself. They call a getter of a built-in
 * prototype, which throws for every other object, or they read the source text of a constructor.
 */

/** A getter that can be called with any value as `this`. */
type Getter = (this: unknown) => unknown

/**
 * Returns a function that tests a value: it returns true if the value is an object of the class
 * that has this getter. If the platform lacks the class, the function always returns false.
 * @param prototype the prototype of the class, or undefined if the platform lacks the class
 * @param key the name of the getter
 */
function hasGetter<T>(prototype: object | undefined, key: PropertyKey) {
  const getter: Getter | undefined = Object.getOwnPropertyDescriptor(prototype ?? {}, key)?.get
  return (value: unknown): value is T => {
    try {
      getter?.call(value)
      return getter !== undefined
    } catch {
      return false // the getter threw, because `value` is of another class
    }
  }
}

/** Returns true for an ArrayBuffer of any realm. */
export const isUnsharedBuffer = hasGetter<ArrayBuffer>(ArrayBuffer.prototype, 'byteLength')
/** Returns true for a SharedArrayBuffer of any realm. */
export const isSharedBuffer = hasGetter<SharedArrayBuffer>(
  globalThis.SharedArrayBuffer?.prototype,
  'byteLength',
)
/** Returns true for a WebAssembly.Memory of any realm. */
export const isWasmMemory = hasGetter<WebAssembly.Memory>(
  globalThis.WebAssembly?.Memory.prototype,
  'buffer',
)
/**
 * Matches the source text of a built-in function. No program contains this text, because it is not
 * valid JavaScript.
 */
const NATIVE_SOURCE = /^function (\w+)\(\) \{\s*\[native code\]\s*\}$/

/**
 * Returns the name of a built-in constructor, such as `Int32Array`. Returns undefined for any other
 * value.
 */
export function builtinClassName(value: unknown): string | undefined {
  // In Bun and Safari, a bound function also has such a source text, but it has no prototype.
  if (typeof value !== 'function' || !Object.hasOwn(value, 'prototype')) return undefined
  return Function.prototype.toString.call(value).match(NATIVE_SOURCE)?.[1]
}

/**
 * Does the same as `Array.isArray`, but returns false for a revoked Proxy. `Array.isArray` throws
 * for a revoked Proxy.
 */
export function isArray(value: unknown): value is readonly unknown[] {
  return tagOf(value) !== '' && Array.isArray(value)
}

/**
 * Returns true for an object literal, and for an instance of a class that the user wrote. Returns
 * false for an instance of a built-in class, such as `Map`.
 */
export function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && tagOf(value) === '[object Object]'
}

/**
 * Returns the tag of a value, such as '[object Array]'. Returns an empty string if the value is a
 * Proxy that throws.
 */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value)
  } catch {
    return ''
  }
}
