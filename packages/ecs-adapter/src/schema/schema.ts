/** The types of fields, and the types of the properties that components have for them. */
import type { ScalarArray, ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { FieldCode } from '../fields/field-code.ts'
import type { ComponentRows, ListField, Numbers, TextField, WeakEidField } from './fields.ts'

/**
 * The type of a field that holds one number or boolean for each entity. `t.f32` and `t.bool` are
 * such types.
 */
export interface ScalarType<Name extends string = string, A extends ScalarArray = ScalarArray> {
  /** `scalar` stands for one number or boolean. */
  readonly kind: 'scalar'
  /** The name of the type in `t`, such as `'f32'`. */
  readonly name: Name
  /** The class of the column, such as `Float32Array`. */
  readonly array: ScalarArrayConstructor<A>
}

/** Options of the number types of `t`: `t.u16({ default: 100 })`. */
export interface NumberOptions {
  /** The value in a new row. It must be in the range of the type. Default 0. */
  readonly default?: number
}

/**
 * A number type of `t`. Use it as it is, or call it with options: `t.u16` or
 * `t.u16({ default: 100 })`.
 */
export interface NumberType<Name extends string, A extends ScalarArray>
  extends ScalarType<Name, A> {
  /**
   * Returns the type with these options.
   * @throws StorageError 'invalid-argument'
   */
  (options: NumberOptions): ScalarType<Name, A>
}

/** Options of `t.bool`. */
export interface BoolOptions {
  /** The value in a new row. Default false. */
  readonly default?: boolean
}

/** The type of `t.bool`. Use it as it is, or call it with options: `t.bool({ default: true })`. */
export interface BoolType extends ScalarType<'bool', Uint8Array> {
  /**
   * Returns the type with these options.
   * @throws StorageError 'invalid-argument'
   */
  (options: BoolOptions): ScalarType<'bool', Uint8Array>
}

/**
 * The type of a field that refers to another entity, and reads 0 once that entity is gone.
 * `t.eid({ weak: true })` returns it. The component holds a `WeakEidField`.
 */
export interface WeakEidType {
  /** `weak eid` stands for a weak reference. */
  readonly kind: 'weak eid'
}

/** The type of `t.eid`. Use it as it is for plain ids, or call it: `t.eid({ weak: true })`. */
export interface EidType extends ScalarType<'eid', Int32Array> {
  /**
   * Returns the type of a weak reference.
   * @throws StorageError 'invalid-argument'
   */
  (options: { readonly weak: true }): WeakEidType
  /**
   * Returns the type of plain ids.
   * @throws StorageError 'invalid-argument'
   */
  (options: { readonly weak?: false }): ScalarType<'eid', Int32Array>
}

/**
 * The type of a field that holds a list of numbers for each entity. `t.list` returns it. The
 * component holds a `ListField`.
 */
export interface ListType<E extends ScalarType = ScalarType> {
  /** `list` stands for a list of numbers. */
  readonly kind: 'list'
  /** The type of the elements. */
  readonly element: E
  /** Whether `storage.sync()` removes the ids of removed entities from the lists. */
  readonly isWeak: boolean
}

/** Options of `t.list`. */
export interface ListOptions {
  /**
   * Whether `storage.sync()` removes the ids of removed entities from the lists. Only lists of
   * `t.eid` can be weak. Default false.
   */
  readonly weak?: boolean
}

/**
 * The type of a field that holds a text for each entity. `t.text` is one. The component holds a
 * `TextField`.
 */
export interface TextType {
  /** `text` stands for a text. */
  readonly kind: 'text'
  /** Whether equal texts are stored once. */
  readonly isInterned: boolean
}

/** Options of `t.text`. */
export interface TextOptions {
  /**
   * Whether equal texts are stored once. Choose this if many entities have the same text. Then
   * reads make no string. Default false.
   */
  readonly interned?: boolean
}

/** The type of `t.text`. Use it as it is, or call it with options: `t.text({ interned: true })`. */
export interface CallableTextType extends TextType {
  /**
   * Returns the type with these options.
   * @throws StorageError 'invalid-argument'
   */
  (options: TextOptions): TextType
}

/** The type of a field: one of `t`, with or without options. */
export type FieldType = ScalarType | WeakEidType | ListType | TextType
/**
 * The fields of a component: the name of each field, and its type. `{ x: t.f32, y: t.f32 }` is a
 * schema.
 */
export type Schema = { readonly [field: string]: FieldType }

/** A field of a schema. */
export class Field {
  readonly name: string
  readonly code: FieldCode
  /**
   * `isNumber` of the code. It is copied to this place, so that V8 reads it without checking the
   * class of the code.
   */
  readonly isNumber: boolean

  constructor(name: string, code: FieldCode) {
    this.name = name
    this.code = code
    this.isNumber = code.isNumber
  }
}

/**
 * What a component has for a field of the type `F`. For a number or boolean, that is a typed array:
 * the column. For a list, text or weak reference, it is an object with methods.
 */
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

/**
 * The property that carries the schema in the type of a component. No component has it at run time.
 */
declare const schemaOf: unique symbol

/**
 * A component that `storage.component` makes. It has a property for each field of the schema `S`:
 * see `Column`. bitECS takes it like any other component. Declare its type for code in other
 * modules:
 *
 * ```ts
 * const position = { x: t.f32, y: t.f32 }
 * type Position = Component<typeof position>
 * ```
 */
export type Component<S extends Schema = Schema> = { readonly [K in keyof S]: Column<S[K]> } & {
  readonly [schemaOf]?: readonly ['dense', S]
}
/**
 * A component that `createSparseComponent` makes. Only the entities that have it have rows. Its
 * columns are in `rows`, indexed by `rows.indexOf(eid)`. Lists, texts and weak references are
 * properties of the component itself, and take entity ids.
 */
export type SparseComponent<S extends Schema = Schema> = (string extends keyof S
  ? unknown
  : { readonly [K in keyof S as S[K] extends ScalarType ? never : K]: Column<S[K]> }) & {
  readonly rows: SparseRows<S>
  readonly [schemaOf]?: readonly ['sparse', S]
}
/** The rows of a sparse component, with a column for each field that holds a number or boolean. */
export type SparseRows<S extends Schema = Schema> = ComponentRows &
  (string extends keyof S
    ? unknown
    : { readonly [K in keyof S as S[K] extends ScalarType ? K : never]: Column<S[K]> })
/** A component of any schema, sparse or not. */
export type AnyComponent = Component | SparseComponent

/**
 * A value for a field of the type `F`: `set` and commands take such values, and `getComponent`
 * returns them. A list may be an array or typed array; `getComponent` returns an array.
 */
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
/**
 * The values that bitECS's `set` takes for the component type `C`. You may leave fields out. bitECS
 * does not check them, but TypeScript does if you write
 * `set(Health, { points: 5 } satisfies Values<typeof Health>)`.
 */
export type Values<C> = C extends { readonly [schemaOf]?: readonly [unknown, infer S] }
  ? { -readonly [K in keyof S]?: S[K] extends FieldType ? ValueOf<S[K]> : never }
  : never

/**
 * The members of every object. If a field had such a name, values that omit the field would inherit
 * a function.
 */
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
/**
 * The names that no field may have. Every object inherits members such as `valueOf`. bitECS
 * recognizes the result of `set` by its members `data` and `component`.
 */
export type ReservedName = ObjectMember | 'data' | 'component'

/**
 * The schema `S`, if a component can have it. If a field has a reserved name, its type here is
 * `never`, so the call does not compile.
 */
export type Checked<S extends Schema> = S &
  (string extends keyof S ? unknown : { readonly [K in ReservedName & keyof S]: never })
/**
 * The schema `S`, if a sparse component can have it. If a field has a reserved name, or one that
 * the component or its rows need themselves, the call does not compile.
 */
export type CheckedSparse<S extends Schema> = Checked<S> &
  (string extends keyof S
    ? unknown
    : {
        readonly [K in keyof S & ('rows' | keyof ComponentRows)]: K extends 'rows'
          ? ScalarType
          : Exclude<FieldType, ScalarType>
      })
