/**
 * Recognises built-in objects of any realm. Jest, jsdom, vm contexts and iframes each have their
 * own ArrayBuffer, which `instanceof` does not recognise, and any object can have a false tag. So
 * the tests look at the object itself: by the getters of built-in prototypes, which throw for every
 * other object, or by the source text of a constructor.
 */

type Getter = (this: unknown) => unknown

/** Makes a test for objects of a getter's class; always false if the platform lacks the class. */
function hasGetter<T>(prototype: object | undefined, key: PropertyKey) {
  const getter: Getter | undefined = Object.getOwnPropertyDescriptor(prototype ?? {}, key)?.get
  return (value: unknown): value is T => {
    try {
      getter?.call(value)
      return getter !== undefined
    } catch {
      return false // a TypeError: an object of another class
    }
  }
}

export const isUnsharedBuffer = hasGetter<ArrayBuffer>(ArrayBuffer.prototype, 'byteLength')
export const isSharedBuffer = hasGetter<SharedArrayBuffer>(
  globalThis.SharedArrayBuffer?.prototype,
  'byteLength',
)
export const isWasmMemory = hasGetter<WebAssembly.Memory>(
  globalThis.WebAssembly?.Memory.prototype,
  'buffer',
)
/** A built-in function's source text. It is not valid JavaScript, so no program contains it. */
const NATIVE_SOURCE = /^function (\w+)\(\) \{\s*\[native code\]\s*\}$/

/** The name of a built-in constructor, such as `Int32Array`; undefined for other values. */
export function builtinClassName(value: unknown): string | undefined {
  // In Bun and Safari, a bound function has such a source text too, but no prototype.
  if (typeof value !== 'function' || !Object.hasOwn(value, 'prototype')) return undefined
  return Function.prototype.toString.call(value).match(NATIVE_SOURCE)?.[1]
}

/** As `Array.isArray`, but false for a revoked Proxy, for which `Array.isArray` throws. */
export function isArray(value: unknown): value is readonly unknown[] {
  return tagOf(value) !== '' && Array.isArray(value)
}

/** Whether a value is an object of no built-in class: a literal, or of a class of the user's. */
export function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && tagOf(value) === '[object Object]'
}

/** The tag of a value, such as '[object Array]'; empty if a Proxy throws when it is asked. */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value)
  } catch {
    return ''
  }
}
