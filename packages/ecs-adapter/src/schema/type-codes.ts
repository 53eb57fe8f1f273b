/** Finds the code for a field type, by the type, or by its name in a manifest. */
import type { FieldCode } from '../fields/field-code.ts'
import type { FieldType } from './schema.ts'

/** The types that `t` gives: objects that only look like them have no code. */
const codes = new WeakMap<object, FieldCode>()

/** Makes a type of `t`. */
export function makeType<T extends FieldType>(type: T, code: FieldCode): T {
  codes.set(type, code)
  return Object.freeze(type)
}

/** The code for a type of `t`; undefined for anything else. */
export const codeOf = (type: unknown): FieldCode | undefined =>
  isObject(type) ? codes.get(type) : undefined

const isObject = (type: unknown): type is object =>
  typeof type === 'function' || (typeof type === 'object' && type !== null)

/** Makes the code for the rest of a name, after its first word; undefined for a wrong rest. */
type ByName = (rest: string) => FieldCode | undefined

const kinds = new Map<string, ByName>()

/**
 * Makes the fields of a kind known to threads that attach. The module of the kind calls it: where a
 * bundle lacks the module, no attached thread can have such fields.
 * @param kind the first word of the names of its types: the name in `t`
 */
export function registerKind(kind: string, byName: ByName): void {
  kinds.set(kind, byName)
}

export const kindOf = (name: string): ByName | undefined => kinds.get(name)
