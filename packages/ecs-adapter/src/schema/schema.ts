/** Field types, the types of their columns, and the check of a schema. */
import { checkOptions, isRecord } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { isIllFormed } from '../base/utf8.ts'
import type { ComponentRows, ListField, Numbers, TextField } from './fields.ts'

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

/** A field of one number for each entity: a column that is an array of this type. */
export interface ScalarType<Name extends string = string, A extends ScalarArray = ScalarArray> {
  readonly kind: 'scalar'
  readonly name: Name
  readonly array: ScalarArrayConstructor<A>
}

/** A field of a list of numbers for each entity. */
export interface ListType<E extends ScalarType = ScalarType> {
  readonly kind: 'list'
  readonly element: E
  /** Whether `sync` takes the ids of removed entities out of the lists. */
  readonly isWeak: boolean
}

/** A field of a text for each entity. */
export interface TextType {
  readonly kind: 'text'
  /** Whether equal texts share a block. */
  readonly isInterned: boolean
}

/** The type of a field. Add a new kind of field here, to `Column` and to `Values`. */
export type FieldType = ScalarType | ListType | TextType
export type Schema = { readonly [field: string]: FieldType }

/** What a component holds for a field. */
export type Column<F extends FieldType> =
  F extends ScalarType<string, infer A>
    ? A
    : F extends ListType<ScalarType<string, infer A>>
      ? ListField<A>
      : F extends TextType
        ? TextField
        : never
/** What `storage.component` returns for a schema. */
export type Component<S extends Schema = Schema> = { readonly [K in keyof S]: Column<S[K]> }
/**
 * What `createSparseComponent` returns for a schema. Only entities with the component have rows:
 * its columns are in `rows`, indexed by `rows.indexOf(eid)`. Lists and texts take entity ids.
 */
export type SparseComponent<S extends Schema = Schema> = (string extends keyof S
  ? unknown
  : { readonly [K in keyof S as S[K] extends ScalarType ? never : K]: Column<S[K]> }) & {
  readonly rows: SparseRows<S>
}
/** The rows of a sparse component, with its columns; of an unknown schema, without them. */
export type SparseRows<S extends Schema = Schema> = ComponentRows &
  (string extends keyof S
    ? unknown
    : { readonly [K in keyof S as S[K] extends ScalarType ? K : never]: Column<S[K]> })
/** A component, dense or sparse, of any schema. */
export type AnyComponent = Component | SparseComponent
/** What `set(component, ...)` takes. `getComponent` returns every field, lists as plain arrays. */
export type Values<C> = {
  -readonly [K in keyof Fields<C> as K extends string ? K : never]?: Fields<C>[K] extends ListField
    ? Numbers
    : Fields<C>[K] extends TextField
      ? string
      : number
}
type Fields<C> = C extends { readonly rows: infer R extends ComponentRows }
  ? Omit<C, 'rows'> & Omit<R, keyof ComponentRows>
  : C

/** The field types of this file: objects that only look like them are refused. */
const made = new WeakSet<object>()

function make<T extends FieldType>(type: T): T {
  made.add(type)
  return Object.freeze(type)
}

// The array's type is explicit: TypeScript would infer one over an ArrayBuffer, not a shared one.
const scalar = <Name extends string, A extends ScalarArray>(
  name: Name,
  array: ScalarArrayConstructor<A>,
): ScalarType<Name, A> => make({ kind: 'scalar', name, array })

const scalars = {
  i8: scalar<'i8', Int8Array>('i8', Int8Array),
  u8: scalar<'u8', Uint8Array>('u8', Uint8Array),
  i16: scalar<'i16', Int16Array>('i16', Int16Array),
  u16: scalar<'u16', Uint16Array>('u16', Uint16Array),
  i32: scalar<'i32', Int32Array>('i32', Int32Array),
  u32: scalar<'u32', Uint32Array>('u32', Uint32Array),
  f32: scalar<'f32', Float32Array>('f32', Float32Array),
  f64: scalar<'f64', Float64Array>('f64', Float64Array),
  // Signed, as bitECS's ids are: `===` has to hold for a versioned id with its top bit set.
  eid: scalar<'eid', Int32Array>('eid', Int32Array),
}
/** The names of the scalar types, for messages. */
const SCALARS = `t.${Object.keys(scalars).join(', t.')}`

/**
 * @param options `weak`, for `t.eid`: `storage.sync()` drops the ids of removed entities
 * @throws StorageError 'invalid-argument'
 */
function list<E extends ScalarType>(
  element: E,
  options: { readonly weak?: boolean } = {},
): ListType<E> {
  if (!Object.values<unknown>(scalars).includes(element)) {
    const given = made.has(element) ? element.kind : element
    throw invalidArgument('the element type of a list', given, `one of ${SCALARS}`)
  }
  checkOptions('the options of a list', options, ['weak'])
  const { weak = false }: { weak?: unknown } = options
  if (typeof weak !== 'boolean' || (weak && element.name !== 'eid')) {
    const expected = 'false, or true for a list of t.eid'
    throw invalidArgument(`weak of a list of t.${element.name}`, weak, expected)
  }
  return make({ kind: 'list', element, isWeak: weak })
}

const interned = make<TextType>({ kind: 'text', isInterned: true })

/**
 * @param options `interned`, for texts that many entities share: stored once, and read without
 * making a string
 * @throws StorageError 'invalid-argument'
 */
const ofText = (options: { readonly interned?: boolean } = {}): TextType => {
  checkOptions('the options of a text', options, ['interned'])
  return options.interned ? interned : text
}

const text: TextType & typeof ofText = make(
  Object.assign(ofText, { kind: 'text' as const, isInterned: false }),
)

export type ScalarName = keyof typeof scalars
export const isScalarName = (name: unknown): name is ScalarName =>
  typeof name === 'string' && Object.hasOwn(scalars, name)

/** The field types. `eid` holds an entity id; `list(t.f32)` and `text` vary in length. */
export const t = Object.freeze({ ...scalars, list, text })

/**
 * bitECS takes an object with a field `data` or `component` for the result of `set`. If a field is
 * called `valueOf` or the like, values that omit it would inherit a function.
 */
const isReserved = (name: string) =>
  name === 'data' || name === 'component' || name in Object.prototype
/** Refuses names such as `0` and `1`: engines sort such properties before all others. */
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

export interface Field {
  readonly name: string
  readonly type: FieldType
}

type Kind = 'component' | 'table'

/** Names reach other threads and worlds as UTF-8. @throws StorageError 'invalid-argument' */
export function checkName(name: unknown, kind: Kind): asserts name is string {
  if (typeof name === 'string' && name !== '' && !isIllFormed(name)) return
  const expected = 'a string, not empty, without lone surrogates'
  throw invalidArgument(`the name of a ${kind}`, name, expected)
}

/** The fields of a schema, in its order; none for a tag. @throws StorageError 'invalid-argument' */
export function readSchema(name: string, schema: Schema, kind: Kind = 'component'): Field[] {
  checkName(name, kind)
  const of = (what: string) => `${what} of ${kind} ${JSON.stringify(name)}`
  if (!isRecord(schema)) {
    throw invalidArgument(of('the schema'), schema, 'an object such as { x: t.f32, y: t.f32 }')
  }
  return Reflect.ownKeys(schema).map((name) => {
    if (typeof name !== 'string' || !IDENTIFIER.test(name) || isReserved(name)) {
      const expected = 'an identifier other than data, component and valueOf or the like'
      throw invalidArgument(of('a field name'), name, expected)
    }
    const type = schema[name]
    if (!made.has(type)) {
      const others = kind === 'table' ? '' : ', t.list(...), t.text'
      throw invalidArgument(of(`the type of field ${name}`), type, `one of ${SCALARS}${others}`)
    }
    return { name, type }
  })
}

/** The values of a new row, by field. */
export const emptyValues = (fields: readonly Field[]): Record<string, unknown> =>
  Object.fromEntries(fields.map(({ name, type }) => [name, emptyOf(type)]))

const emptyOf = ({ kind }: FieldType) => (kind === 'scalar' ? 0 : kind === 'text' ? '' : [])
