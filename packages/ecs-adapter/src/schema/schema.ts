/** The types of fields, and what components hold for them. */
import type { ScalarArray, ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { FieldCode } from '../fields/field-code.ts'
import type { ComponentRows, ListField, Numbers, TextField, WeakEidField } from './fields.ts'

/** A field of one number for each entity: its column is an array of this type. */
export interface ScalarType<Name extends string = string, A extends ScalarArray = ScalarArray> {
  readonly kind: 'scalar'
  readonly name: Name
  readonly array: ScalarArrayConstructor<A>
}

export interface NumberOptions {
  /** What a new row holds. Default 0. It must be in the range of the type. */
  readonly default?: number
}

/** A scalar type, and a function of its options. */
export interface NumberType<Name extends string, A extends ScalarArray>
  extends ScalarType<Name, A> {
  /** @throws StorageError 'invalid-argument' */
  (options: NumberOptions): ScalarType<Name, A>
}

export interface BoolOptions {
  /** What a new row holds. Default false. */
  readonly default?: boolean
}

/** `t.bool`, a type and a function of its options. */
export interface BoolType extends ScalarType<'bool', Uint8Array> {
  /** @throws StorageError 'invalid-argument' */
  (options: BoolOptions): ScalarType<'bool', Uint8Array>
}

/** `t.eid({ weak: true })`: a field of the id of another entity, while that entity lives. */
export interface WeakEidType {
  readonly kind: 'weak eid'
}

/** `t.eid`, a type and a function of its options. */
export interface EidType extends ScalarType<'eid', Int32Array> {
  /** @throws StorageError 'invalid-argument' */
  (options: { readonly weak: true }): WeakEidType
  (options: { readonly weak?: false }): ScalarType<'eid', Int32Array>
}

/** A field of a list of numbers for each entity. */
export interface ListType<E extends ScalarType = ScalarType> {
  readonly kind: 'list'
  readonly element: E
  /** Whether `sync` takes the ids of removed entities out of the lists. */
  readonly isWeak: boolean
}

export interface ListOptions {
  /** For `t.eid`: `storage.sync()` takes the ids of removed entities out of the lists. */
  readonly weak?: boolean
}

/** A field of a text for each entity. */
export interface TextType {
  readonly kind: 'text'
  /** Whether equal texts share a block. */
  readonly isInterned: boolean
}

export interface TextOptions {
  /** For texts that many entities share: stored once, and read without making a string. */
  readonly interned?: boolean
}

/** `t.text`, a type and a function of its options. */
export interface CallableTextType extends TextType {
  /** @throws StorageError 'invalid-argument' */
  (options: TextOptions): TextType
}

/** The type of a field. Add a new kind of field here, to `Column` and to `ValueOf`. */
export type FieldType = ScalarType | WeakEidType | ListType | TextType
/** Field names to types of `t`. */
export type Schema = { readonly [field: string]: FieldType }

/** A field of a schema. */
export class Field {
  readonly name: string
  readonly code: FieldCode
  /** `isNumber` of the code: here, V8 reads it without a look at the class of the code. */
  readonly isNumber: boolean

  constructor(name: string, code: FieldCode) {
    this.name = name
    this.code = code
    this.isNumber = code.isNumber
  }
}

/** What a component holds for a field. */
export type Column<F extends FieldType> =
  F extends ScalarType<string, infer A>
    ? A
    : F extends WeakEidType
      ? WeakEidField
      : F extends ListType<ScalarType<string, infer A>>
        ? ListField<A>
        : F extends TextType
          ? TextField
          : never

/** The schema of a component. No component has the property: only its type does. */
declare const schemaOf: unique symbol

/** What `storage.component` returns for a schema. */
export type Component<S extends Schema = Schema> = { readonly [K in keyof S]: Column<S[K]> } & {
  readonly [schemaOf]?: readonly ['dense', S]
}
/**
 * What `createSparseComponent` returns for a schema. Only entities with the component have rows:
 * its columns are in `rows`, indexed by `rows.indexOf(eid)`. Lists, texts and weak ids take entity
 * ids.
 */
export type SparseComponent<S extends Schema = Schema> = (string extends keyof S
  ? unknown
  : { readonly [K in keyof S as S[K] extends ScalarType ? never : K]: Column<S[K]> }) & {
  readonly rows: SparseRows<S>
  readonly [schemaOf]?: readonly ['sparse', S]
}
/** The rows of a sparse component, with its columns; of an unknown schema, without them. */
export type SparseRows<S extends Schema = Schema> = ComponentRows &
  (string extends keyof S
    ? unknown
    : { readonly [K in keyof S as S[K] extends ScalarType ? K : never]: Column<S[K]> })
/** A component, dense or sparse, of any schema. */
export type AnyComponent = Component | SparseComponent

/** What `set` and commands take for a field, and `getComponent` returns: lists as plain arrays. */
export type ValueOf<F extends FieldType> =
  F extends ScalarType<infer Name>
    ? string extends Name
      ? number | boolean
      : Name extends 'bool'
        ? boolean
        : number
    : F extends ListType
      ? Numbers
      : F extends TextType
        ? string
        : number
/** What `set(component, ...)` takes. `getComponent` returns every field, lists as plain arrays. */
export type Values<C> = C extends { readonly [schemaOf]?: readonly [unknown, infer S] }
  ? { -readonly [K in keyof S]?: S[K] extends FieldType ? ValueOf<S[K]> : never }
  : never

/** Members of every object: values that omit such a field would inherit a function. */
type ObjectMember =
  | 'constructor'
  | 'hasOwnProperty'
  | 'isPrototypeOf'
  | 'propertyIsEnumerable'
  | 'toLocaleString'
  | 'toString'
  | 'valueOf'
  | '__defineGetter__'
  | '__defineSetter__'
  | '__lookupGetter__'
  | '__lookupSetter__'
  | '__proto__'
/** `data` and `component` are what bitECS knows the result of `set` by. */
export type ReservedName = ObjectMember | 'data' | 'component'

/** A schema without names that no field may have: the type of the name is `never` then. */
export type Checked<S extends Schema> = S &
  (string extends keyof S ? unknown : { readonly [K in ReservedName & keyof S]: never })
/** `Checked`, and without the names that the component and its rows need. */
export type CheckedSparse<S extends Schema> = Checked<S> &
  (string extends keyof S
    ? unknown
    : {
        readonly [K in keyof S & ('rows' | keyof ComponentRows)]: K extends 'rows'
          ? ScalarType
          : Exclude<FieldType, ScalarType>
      })
