/** Field types, what TypeScript makes of them, and the check of a schema. */
import { invalidArgument } from './errors.ts'

export type ScalarArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

export interface ScalarArrayConstructor<A extends ScalarArray = ScalarArray> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

/** A field of one number an entity: a column that is an array of this type. */
export interface ScalarType<Name extends string = string, A extends ScalarArray = ScalarArray> {
  readonly kind: 'scalar'
  readonly name: Name
  readonly array: ScalarArrayConstructor<A>
}

/** What a schema may hold. A further kind of field joins this union and `Column`. */
export type FieldType = ScalarType
export type Schema = { readonly [field: string]: FieldType }

/** What a component has for a field. */
export type Column<F extends FieldType> = F extends ScalarType<string, infer A> ? A : never
/** What `storage.component` gives for a schema. */
export type Component<S extends Schema = Schema> = { readonly [K in keyof S]: Column<S[K]> }
/** What `set(component, ...)` takes, and what `getComponent` gives (then with every field). */
export type Values<C> = { -readonly [K in keyof C]?: number }

// The array is named twice, for it is a type with a parameter: TypeScript would infer one over an
// ArrayBuffer, and an arena may be shared.
const scalar = <Name extends string, A extends ScalarArray>(
  name: Name,
  array: ScalarArrayConstructor<A>,
): ScalarType<Name, A> => Object.freeze({ kind: 'scalar', name, array })

/** The field types. `eid` holds an entity id: a `u32`, told apart by its name. */
export const t = Object.freeze({
  i8: scalar<'i8', Int8Array>('i8', Int8Array),
  u8: scalar<'u8', Uint8Array>('u8', Uint8Array),
  i16: scalar<'i16', Int16Array>('i16', Int16Array),
  u16: scalar<'u16', Uint16Array>('u16', Uint16Array),
  i32: scalar<'i32', Int32Array>('i32', Int32Array),
  u32: scalar<'u32', Uint32Array>('u32', Uint32Array),
  f32: scalar<'f32', Float32Array>('f32', Float32Array),
  f64: scalar<'f64', Float64Array>('f64', Float64Array),
  eid: scalar<'eid', Uint32Array>('eid', Uint32Array),
})

/** bitECS takes an object that has one of these for what `set()` made; the last sets a prototype. */
const RESERVED_FIELDS: readonly PropertyKey[] = ['data', 'component', '__proto__']
/** Not `0`, `1`, ...: engines keep such properties apart, in an order of their own. */
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

export interface Field {
  readonly name: string
  readonly type: FieldType
}

/**
 * The fields of a schema in its order; none is a tag.
 *
 * @throws StorageError `invalid-argument`: no name, no object, a field name that is reserved or no
 * identifier, a field that is none of `t`
 */
export function readSchema(componentName: string, schema: Schema): Field[] {
  if (typeof componentName !== 'string' || componentName === '') {
    throw invalidArgument('the name of a component', componentName, 'a string that is not empty')
  }
  const of = (what: string) => `${what} of component ${JSON.stringify(componentName)}`
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw invalidArgument(of('the schema'), schema, 'an object such as { x: t.f32, y: t.f32 }')
  }
  return Reflect.ownKeys(schema).map((name) => {
    if (typeof name !== 'string' || !IDENTIFIER.test(name) || RESERVED_FIELDS.includes(name)) {
      throw invalidArgument(of('a field name'), name, `an identifier other than ${RESERVED}`)
    }
    const type = schema[name]
    if (!Object.values<unknown>(t).includes(type)) {
      throw invalidArgument(of(`the type of field ${name}`), type, `one of ${TYPES}`)
    }
    return { name, type }
  })
}

const RESERVED = RESERVED_FIELDS.join(', ')
const TYPES = Object.keys(t)
  .map((name) => `t.${name}`)
  .join(', ')
