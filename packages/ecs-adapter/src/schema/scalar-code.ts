/** The code for fields that hold a number or a boolean, which is an element of a typed array. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import { FieldCode } from '../fields/field-code.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { GivenValues } from '../fields/staging.ts'
import type { MemoryViews } from '../memory/memory-views.ts'

export class ScalarCode extends FieldCode {
  readonly name: string
  readonly array: ScalarArrayConstructor
  override readonly initial: number
  override readonly isReference: boolean
  override readonly isNumber: boolean = true

  constructor(name: string, array: ScalarArrayConstructor, initial = 0) {
    super()
    this.name = name
    this.array = array
    this.initial = initial
    this.isReference = name === 'eid'
  }

  take(
    _: FieldMemory,
    value: unknown,
    { numbers }: GivenValues,
    i: number,
    component: string,
    field: string,
  ): void {
    if (typeof value !== 'number') {
      throw invalidArgument(`${component}.${field}`, value, 'a number')
    }
    numbers[i] = value
  }

  valueOf(number: number, _: FieldMemory): unknown {
    return number
  }

  read(
    { f64 }: MemoryViews,
    index: number,
    resolve: (eid: number) => number,
    _: FieldMemory,
  ): unknown {
    const number = f64[index >> 1]
    return unboxed(this.isReference ? resolve(number) : number)
  }
}

export class BoolCode extends ScalarCode {
  override readonly isNumber = false

  constructor(initial = 0) {
    super('bool', Uint8Array, initial)
  }

  override take(
    _: FieldMemory,
    value: unknown,
    { numbers }: GivenValues,
    i: number,
    component: string,
    field: string,
  ): void {
    if (typeof value !== 'boolean') {
      throw invalidArgument(`${component}.${field}`, value, 'a boolean')
    }
    numbers[i] = value ? 1 : 0
  }

  override valueOf(number: number): boolean {
    return number !== 0
  }

  override read({ f64 }: MemoryViews, index: number): boolean {
    return f64[index >> 1] !== 0
  }
}

/**
 * Returns the same number. V8 stores it without allocating memory, if it knows that the number is a
 * small integer.
 */
const unboxed = (value: number) =>
  (value | 0) === value && !Object.is(value, -0) ? value | 0 : value

/**
 * Returns the option `default` of a number type.
 * @param array the class of the column: a number that it cannot store is refused
 * @throws StorageError 'invalid-argument' if the default is wrong
 */
export function numberDefault(
  name: string,
  array: ScalarArrayConstructor,
  options: { readonly default?: unknown },
): number {
  checkOptions(`the options of t.${name}`, options, ['default'])
  const { default: given = 0 } = options
  const bits = array.BYTES_PER_ELEMENT * 8
  const expected = name.startsWith('f')
    ? `a number in the range of ${name}`
    : name.startsWith('i')
      ? `a whole number from ${-(2 ** (bits - 1))} to ${2 ** (bits - 1) - 1}`
      : `a whole number from 0 to ${2 ** bits - 1}`
  const stored = new array(new ArrayBuffer(8), 0, 1)
  if (typeof given === 'number') {
    stored[0] = given
    const fits = name.startsWith('f')
      ? Number.isFinite(given) === Number.isFinite(stored[0])
      : given === stored[0]
    if (fits) return stored[0]
  }
  throw invalidArgument(`the default of t.${name}`, given, expected)
}

/**
 * Returns the option `default` of `t.bool`, as 0 or 1.
 * @throws StorageError 'invalid-argument' if the default is no boolean
 */
export function boolDefault(options: { readonly default?: unknown }): number {
  checkOptions('the options of t.bool', options, ['default'])
  const { default: given = false } = options
  if (typeof given === 'boolean') return given ? 1 : 0
  throw invalidArgument('the default of t.bool', given, 'a boolean')
}
