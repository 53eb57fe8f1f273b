/** Finds the code of a field type by its name, in a thread that attaches. */
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { FieldCode } from '../fields/field-code.ts'
import { BoolCode, ScalarCode } from './scalar-code.ts'
import { kindOf } from './type-codes.ts'

const ARRAYS = new Map<string, ScalarArrayConstructor>([
  ['i8', Int8Array],
  ['u8', Uint8Array],
  ['i16', Int16Array],
  ['u16', Uint16Array],
  ['i32', Int32Array],
  ['u32', Uint32Array],
  ['f32', Float32Array],
  ['f64', Float64Array],
  // The column is signed, like bitECS's ids. Otherwise, `===` would be false for a versioned id
  // with its top bit set.
  ['eid', Int32Array],
])

/**
 * Returns the name of a type, with its default as a suffix. The suffix is the result of
 * `defaultOf`, in which words stand for the numbers that JSON lacks.
 */
export const nameWithDefault = ({ name, initial }: FieldCode): string =>
  Object.is(initial, 0) ? name : `${name}=${Object.is(initial, -0) ? '-0' : initial}`

/**
 * Returns the code for a name from `nameWithDefault`. Returns undefined if there is no such scalar
 * type.
 */
export function scalarCode(given: unknown): ScalarCode | undefined {
  if (typeof given !== 'string') return undefined
  const [name, initial = '0'] = given.split('=')
  if (name === 'bool') return new BoolCode(Number(initial))
  const array = ARRAYS.get(name)
  return array && new ScalarCode(name, array, Number(initial))
}

/**
 * Returns the code for a name in a manifest. Returns undefined if the thread has no code for it.
 * @param name such as `u16` or `list eid weak`
 */
export function codeByName(name: string): FieldCode | undefined {
  const [kind, ...rest] = name.split(' ')
  return scalarCode(name) ?? kindOf(kind)?.(rest.join(' '))
}
