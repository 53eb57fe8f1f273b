/**
 * Checks that handles lead to lists or texts, and that their rows have owners or wait for `sync`.
 */
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { ComponentHooks } from '../columns/component-hooks.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import { PREFIX_BYTE_LENGTH, ROOM_STEP } from '../lists/list-capacity.ts'
import { Lists } from '../lists/lists.ts'
import { typeIdOf } from '../memory/memory-views.ts'
import { scalarCode } from '../schema/code-names.ts'
import type { Field } from '../schema/schema.ts'
import type { Findings } from './findings.ts'
import type { InternedCounts } from './interned.ts'
import type { Owners } from './owners.ts'

export interface VariableContext {
  readonly memory: FieldMemory
  readonly owners: Owners
  readonly interned: InternedCounts
}

export function checkVariableFields(
  findings: Findings,
  hooks: ComponentHooks,
  fields: readonly Field[],
  { memory, owners, interned }: VariableContext,
): void {
  const { name, store } = hooks
  if (store.isPlain) return
  const mayHold = mayHoldOf(hooks, owners)
  for (const [i, field] of fields.entries()) {
    const column = store.variable[i]
    if (column === undefined) continue
    const what = `${name}.${field.name}`
    const checkBlock = checkOf(findings, field.code.name, memory, (block, where) =>
      interned.addReference(block, what + where),
    )
    findings.check('handle', what, () => {
      for (let row = 0; row < column.$rowCount; row++) {
        const block = column.$blockAt(row)
        if (block === 0) continue
        const where = `, row ${row}`
        if (!mayHold(row)) {
          const expected = '0: no entity has it, nor does it wait'
          findings.fail(block, `block ${block}`, expected, where)
        }
        checkBlock(block, where)
      }
    })
  }
}

/**
 * Returns a function that returns whether a row may have blocks: its entity has the component, or
 * `sync` may free the row.
 */
function mayHoldOf(hooks: ComponentHooks, owners: Owners): (row: number) => boolean {
  const { store } = hooks
  if (store.rows !== undefined) return (row) => store.isDeferred(row)
  if (!owners.isKnown) return () => true
  const rows = new Set([...owners.of(hooks).possible].map((eid) => eid & owners.entityMask))
  return (row) => rows.has(row) || store.isDeferred(row)
}

type CheckBlock = (block: number, where: string) => void

function checkOf(
  findings: Findings,
  typeName: string,
  memory: FieldMemory,
  addInterned: CheckBlock,
): CheckBlock {
  const [kind, element] = typeName.split(' ')
  if (kind === 'list') {
    const { array } = scalarCode(element)!
    const lists = new Lists(memory.views, array)
    return (block, where) => checkList(findings, lists, array, block, where)
  }
  if (element === 'interned') return addInterned
  return (block, where) => {
    const info = findings.reach(block, where, { type: 'untyped' })
    if (info?.byteLength === 0) findings.fail(block, 'a text without bytes', 'no block', where)
  }
}

/**
 * Checks the block of a list. The block records the number of elements, their type, and the
 * capacity.
 * @returns whether the elements can be read
 */
export function checkList(
  findings: Findings,
  lists: Lists,
  array: ScalarArrayConstructor,
  block: number,
  where: string,
): boolean {
  const info = findings.reach(block, where, { type: 'untyped' })
  if (info === undefined) return false
  const room = info.byteLength - PREFIX_BYTE_LENGTH
  if (room < 0) {
    findings.fail(block, `${info.byteLength} bytes`, 'a list', where)
    return false
  }
  const word = findings.words[(block >> 2) + 1]
  const typeId = word & (ROOM_STEP - 1)
  if (typeId !== typeIdOf(array)) {
    findings.fail(block, `elements of type ${typeId}`, typeIdOf(array), where)
  }
  const statedRoom = word & -ROOM_STEP
  if (statedRoom !== room) findings.fail(block, `room for ${statedRoom} bytes`, room, where)
  const [length, capacity] = [lists.length(block), Math.floor(room / array.BYTES_PER_ELEMENT)]
  if (length <= capacity) return true
  findings.fail(block, `a list of ${length}`, `at most ${capacity}, for which there is room`, where)
  return false
}
