/**
 * What the package does with the fields of one type: each type of `t` brings the code for its
 * fields, so that no bundle has the code of types that it does not name.
 */
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { FieldMemory } from './field-memory.ts'
import type { GivenValues } from './staging.ts'
import type { Rows, VariableColumn } from './variable-column.ts'

/** Words of a scalar in a command; for a list or text, the words before its elements. */
export const FIRST_WORD_COUNT = 2

export interface FieldObjectOptions {
  /** Names of component and field, for messages. */
  readonly name: string
  readonly memory: FieldMemory
  readonly rows: Rows
}

/** What users get in place of a typed array. */
export interface FieldObject {
  /** Call it when the column has moved or grown. @param byteOffset of row 0 */
  $bind(byteOffset: number, rowCount: number): void
}

export abstract class FieldCode {
  /** Names the type in manifests, such as `list eid weak`. The first word is that of `t`. */
  abstract readonly name: string
  /** The elements of the column. The column of a list or text field has handles. */
  abstract readonly array: ScalarArrayConstructor
  /** What the column holds in a new row. */
  readonly initial: number = 0
  /** Whether `take` and `valueOf` leave numbers unchanged: then they need not be called. */
  readonly isNumber: boolean = false
  /** Whether numbers in the column mean nothing to other storages. */
  readonly isOfStorage: boolean = false
  /** Whether a typed array of ids is marked for the serializers of bitECS. */
  readonly isReference: boolean = false

  /** Names the type in packed entities: those of equal signatures move between storages. */
  get signature(): string {
    return this.name
  }

  /** Makes the column of a list or text field. */
  createColumn?(options: FieldObjectOptions): VariableColumn
  /** Makes what stands in place of the typed array of a scalar field. */
  createObject?(options: FieldObjectOptions): FieldObject

  /**
   * Checks a given value, and copies it to `given`.
   * @param component its name, for messages, as is `field`
   * @throws StorageError 'invalid-argument', and what getters throw
   */
  abstract take(
    memory: FieldMemory,
    value: unknown,
    given: GivenValues,
    i: number,
    component: string,
    field: string,
  ): void
  /** The value that `getComponent` returns for a number in the column. */
  abstract valueOf(number: number, memory: FieldMemory): unknown

  /** The values in commands: see `command-values.ts`. How many words follow the first two. */
  moreWordCount(_given: GivenValues, _i: number): number {
    return 0
  }

  /** How many words follow the first two, by these. */
  storedMoreWordCount(_words: Int32Array, _index: number): number {
    return 0
  }

  /** Writes given value `i` to word `index`, and the words after it. */
  store({ f64 }: MemoryViews, given: GivenValues, i: number, index: number, _: FieldMemory): void {
    f64[index >> 1] = given.numbers[i]
  }

  /** The value that `store` wrote, for `set`. @param resolve gives the id for a temporary id */
  abstract read(
    views: MemoryViews,
    index: number,
    resolve: (eid: number) => number,
    memory: FieldMemory,
  ): unknown
}
