/**
 * The code for the fields of one type. Each type of `t` brings the code for its fields, so that no
 * bundle has the code for types that it does not name.
 */
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { FieldMemory } from './field-memory.ts'
import type { GivenValues } from './staging.ts'
import type { Rows, VariableColumn } from './variable-column.ts'

/**
 * How many words a scalar has in a command. A list or text has this many words before its elements.
 */
export const FIRST_WORD_COUNT = 2

export interface FieldObjectOptions {
  /** The names of component and field, for messages. */
  readonly name: string
  readonly memory: FieldMemory
  readonly rows: Rows
}

/** The object that users get instead of a typed array. */
export interface FieldObject {
  /** Call it when the column has moved or grown. @param byteOffset the byte offset of row 0 */
  $bind(byteOffset: number, rowCount: number): void
}

export abstract class FieldCode {
  /**
   * The name of the type in manifests, such as `list eid weak`. Its first word is the name in `t`.
   */
  abstract readonly name: string
  /** The class of the column. The column of a list or text field has handles as elements. */
  abstract readonly array: ScalarArrayConstructor
  /** The value of the column in a new row. */
  readonly initial: number = 0
  /** Whether `take` and `valueOf` leave numbers unchanged. If so, they need not be called. */
  readonly isNumber: boolean = false
  /** Whether other storages cannot use the numbers in the column. */
  readonly isOfStorage: boolean = false
  /** Whether a typed array holds ids, and is marked for the serializers of bitECS. */
  readonly isReference: boolean = false

  /**
   * The name of the type in packed entities. Entities move between storages with equal signatures.
   */
  get signature(): string {
    return this.name
  }

  /** Makes the column of a list or text field. */
  createColumn?(options: FieldObjectOptions): VariableColumn
  /** Makes the object that replaces the typed array of a scalar field. */
  createObject?(options: FieldObjectOptions): FieldObject

  /**
   * Checks a given value, and copies it to `given`.
   * @param component the name of the component, for messages
   * @param field the name of the field, for messages
   * @throws StorageError 'invalid-argument' if the value is wrong; and the errors that getters
   * throw
   */
  abstract take(
    memory: FieldMemory,
    value: unknown,
    given: GivenValues,
    i: number,
    component: string,
    field: string,
  ): void
  /** Returns the value that `getComponent` returns for a number in the column. */
  abstract valueOf(number: number, memory: FieldMemory): unknown

  /**
   * Returns how many words follow the first two in a command, for given value `i`. See
   * `command-values.ts`.
   */
  moreWordCount(_given: GivenValues, _i: number): number {
    return 0
  }

  /** Returns the same number, read from the first two words. */
  storedMoreWordCount(_words: Int32Array, _index: number): number {
    return 0
  }

  /** Writes given value `i` to word `index`, and the words after it. */
  store({ f64 }: MemoryViews, given: GivenValues, i: number, index: number, _: FieldMemory): void {
    f64[index >> 1] = given.numbers[i]
  }

  /**
   * Returns the value that `store` wrote, for `set`.
   * @param resolve returns the id for a temporary id
   */
  abstract read(
    views: MemoryViews,
    index: number,
    resolve: (eid: number) => number,
    memory: FieldMemory,
  ): unknown
}
