/**
 * The field types that hold one number or one boolean. The calls are marked as pure, so that a
 * bundler drops unused types.
 */
import type { ScalarArray, ScalarArrayConstructor } from '../base/typed-arrays.ts'
import { BoolCode, boolDefault, numberDefault, ScalarCode } from './scalar-code.ts'
import type { BoolType, NumberType } from './schema.ts'
import { makeType } from './type-codes.ts'

/**
 * Makes a type that is also a function of its options. `name` needs defineProperty, because a
 * function's own `name` cannot be assigned.
 */
export function callable<F extends object, T extends object>(call: F, type: T): F & T {
  const entries = Object.entries(type).map(([key, value]) => [key, { value, enumerable: true }])
  return Object.defineProperties(call, Object.fromEntries(entries)) as F & T
}

// The array's type is explicit. Otherwise, TypeScript would infer an array over an ArrayBuffer, not
// over a shared one.
function number<Name extends string, A extends ScalarArray>(
  name: Name,
  array: ScalarArrayConstructor<A>,
): NumberType<Name, A> {
  const type = { kind: 'scalar', name, array } as const
  const call = (options: { readonly default?: unknown }) => {
    return makeType({ ...type }, new ScalarCode(name, array, numberDefault(name, array, options)))
  }
  return makeType(callable(call, type), new ScalarCode(name, array))
}

/** A whole number from -128 to 127, in 1 byte. */
export const i8: NumberType<'i8', Int8Array> = /* @__PURE__ */ number('i8', Int8Array)
/** A whole number from 0 to 255, in 1 byte. */
export const u8: NumberType<'u8', Uint8Array> = /* @__PURE__ */ number('u8', Uint8Array)
/** A whole number from -32768 to 32767, in 2 bytes. */
export const i16: NumberType<'i16', Int16Array> = /* @__PURE__ */ number('i16', Int16Array)
/** A whole number from 0 to 65535, in 2 bytes. */
export const u16: NumberType<'u16', Uint16Array> = /* @__PURE__ */ number('u16', Uint16Array)
/** A whole number from -(2^31) to 2^31 - 1, in 4 bytes. */
export const i32: NumberType<'i32', Int32Array> = /* @__PURE__ */ number('i32', Int32Array)
/** A whole number from 0 to 2^32 - 1, in 4 bytes. */
export const u32: NumberType<'u32', Uint32Array> = /* @__PURE__ */ number('u32', Uint32Array)
/** A number with about 7 significant digits, in 4 bytes. It suits most positions and speeds. */
export const f32: NumberType<'f32', Float32Array> = /* @__PURE__ */ number('f32', Float32Array)
/** A number with about 16 significant digits, in 8 bytes: for clocks, and for very large worlds. */
export const f64: NumberType<'f64', Float64Array> = /* @__PURE__ */ number('f64', Float64Array)

/**
 * A boolean. The column is a `Uint8Array` of 0 and 1. `set`, `getComponent` and commands use
 * booleans.
 */
export const bool: BoolType = /* @__PURE__ */ makeBool()

function makeBool(): BoolType {
  const array: ScalarArrayConstructor<Uint8Array> = Uint8Array
  const type = { kind: 'scalar', name: 'bool', array } as const
  const call = (options: { readonly default?: unknown }) =>
    makeType({ ...type }, new BoolCode(boolDefault(options)))
  return makeType(callable(call, type), new BoolCode())
}
