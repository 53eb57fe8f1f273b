/** Finds the code for a field type, by the type or by its name in a manifest. */
import type { FieldCode } from '../fields/field-code.ts'
import type { FieldType } from './schema.ts'

/** The code of each type that `t` returns. Objects that only resemble such a type have no code. */
const codes = new WeakMap<object, FieldCode>()

/** Registers a type of `t` with its code, and returns the type. */
export function makeType<T extends FieldType>(type: T, code: FieldCode): T {
  codes.set(type, code)
  return Object.freeze(type)
}

/** Returns the code for a type of `t`. Returns undefined for anything else. */
export const codeOf = (type: unknown): FieldCode | undefined =>
  isObject(type) ? codes.get(type) : undefined

const isObject = (type: unknown): type is object =>
  typeof type === 'function' || (typeof type === 'object' && type !== null)

/**
 * Returns the code for a type by its name without the first word. Returns undefined if that rest is
 * wrong.
 */
type ByName = (rest: string) => FieldCode | undefined

const kinds = new Map<string, ByName>()

/**
 * Registers a kind of field, so that threads that attach know it. The module of the kind calls
 * this. If a bundle lacks the module, none of its attached threads can have such fields.
 * @param kind the first word of the names of its types: the name in `t`
 */
export function registerKind(kind: string, byName: ByName): void {
  kinds.set(kind, byName)
}

export const kindOf = (name: string): ByName | undefined => kinds.get(name)
