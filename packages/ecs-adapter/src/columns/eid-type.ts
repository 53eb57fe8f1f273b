/** `t.eid`, and the code for weak ids. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { FieldObject, FieldObjectOptions } from '../fields/field-code.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { GivenValues } from '../fields/staging.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import { ScalarCode } from '../schema/scalar-code.ts'
import { callable } from '../schema/scalar-types.ts'
import type { EidType, WeakEidType } from '../schema/schema.ts'
import { makeType, registerKind } from '../schema/type-codes.ts'
import { createWeakIds } from './generations.ts'
import { WeakEidColumn } from './weak-eid-field.ts'
import { isWeakId } from './weak-ids.ts'

class WeakEidCode extends ScalarCode {
  override readonly isOfStorage = true
  override readonly isNumber = false

  constructor() {
    super('eid weak', Float64Array)
  }

  override createObject(options: FieldObjectOptions): FieldObject {
    return new WeakEidColumn(options, options.memory.get(createWeakIds))
  }

  override take(
    memory: FieldMemory,
    value: unknown,
    { numbers }: GivenValues,
    i: number,
    component: string,
    field: string,
  ): void {
    if (!isWeakId(value)) {
      throw invalidArgument(`${component}.${field}`, value, 'the id of an entity, or 0')
    }
    memory.get(createWeakIds).write(value | 0, numbers, i)
  }

  override valueOf(number: number, memory: FieldMemory): number {
    return number === 0 ? 0 : memory.get(createWeakIds).idOf(number)
  }

  override read(
    { f64 }: MemoryViews,
    index: number,
    resolve: (eid: number) => number,
    memory: FieldMemory,
  ): number {
    const number = f64[index >> 1]
    return number < 0 ? resolve(number) : this.valueOf(number, memory)
  }
}

/**
 * The id of an entity. bitECS's serializers translate the ids in such columns and lists.
 *
 * If that entity is removed, the column keeps the id, and bitECS may give the id to a new entity.
 * If you do not want that, use `t.eid({ weak: true })`: such a field reads 0 once the entity is
 * gone. It has a `WeakEidField` in place of a column.
 */
export const eid: EidType = /* @__PURE__ */ makeEid()

function makeEid(): EidType {
  const array: ScalarArrayConstructor<Int32Array> = Int32Array
  const type = { kind: 'scalar', name: 'eid', array } as const
  function call(options: { readonly weak: true }): WeakEidType
  function call(options: { readonly weak?: false }): typeof type
  function call(options: { readonly weak?: unknown }): WeakEidType | typeof type {
    checkOptions('the options of t.eid', options, ['weak'])
    const { weak = false } = options
    if (weak === true) return makeType({ kind: 'weak eid' }, new WeakEidCode())
    if (weak === false) return makeType({ ...type }, new ScalarCode('eid', array))
    throw invalidArgument('weak of t.eid', weak, 'true or false')
  }
  return makeType(callable(call, type), new ScalarCode('eid', array))
}

registerKind('eid', (rest) => (rest === 'weak' ? new WeakEidCode() : undefined))
