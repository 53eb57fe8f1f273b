/** Each handle leads to a block of its own, with a list or text, which an entity has or `sync` will free. */
import type { Binding } from '../columns/binding.ts'
import { PREFIX_BYTE_LENGTH } from '../lists/list-capacity.ts'
import { Lists, TYPE_BITS } from '../lists/lists.ts'
import { typeIdOf } from '../memory/cells.ts'
import type { Field, FieldType, ListType } from '../schema/schema.ts'
import type { StorageParts } from '../storage/storage-api.ts'
import type { Findings } from './findings.ts'
import type { InternedCounts } from './interned.ts'
import type { Owners } from './owners.ts'

export interface VariableContext {
  readonly parts: StorageParts
  readonly owners: Owners
  readonly interned: InternedCounts
  /** Of the component. */
  readonly name: string
}

export function checkVariableFields(
  findings: Findings,
  { component, store }: Binding,
  fields: readonly Field[],
  context: VariableContext,
): void {
  const { owners, name } = context
  if (store.fields === undefined) return
  const isDense = store.heldRows === undefined
  const having = isDense && owners.isKnown ? [...owners.of(component)] : []
  const rowsOfOwners = new Set(having.map((eid) => eid & owners.entityMask))
  const mayHold = (row: number) =>
    store.isDeferred(row) || (isDense && (!owners.isKnown || rowsOfOwners.has(row)))
  for (const [i, { name: fieldName, type }] of fields.entries()) {
    const handles = store.fields.byField[i]?.handles
    if (handles === undefined) continue
    findings.check('handle', `${name}.${fieldName}`, () => {
      for (let row = 0; row < handles.rowCount; row++) {
        const block = handles.blockAt(row)
        if (block === 0) continue
        const where = `, row ${row}`
        if (!mayHold(row)) {
          findings.fail(block, `block ${block}`, '0: no entity has it, nor does it wait', where)
        }
        checkBlock(findings, type, block, where, context)
      }
    })
  }
}

function checkBlock(
  findings: Findings,
  type: FieldType,
  block: number,
  where: string,
  { parts, interned, name }: VariableContext,
): void {
  if (type.kind === 'list') checkList(findings, parts, type, block, where)
  else if (type.kind === 'text') {
    if (type.isInterned) interned.addReference(block, `${name}${where}`)
    else if (findings.reach(block, where, { type: 'untyped' })?.byteLength === 0) {
      findings.fail(block, 'a text without bytes', 'no block', where)
    }
  }
}

/** The block of a list says how many elements there are, for how many there is room, and of which type. */
function checkList(
  findings: Findings,
  { memory }: StorageParts,
  { element }: ListType,
  block: number,
  where: string,
): void {
  const info = findings.reach(block, where, { type: 'untyped' })
  if (info === undefined) return
  if (info.byteLength < PREFIX_BYTE_LENGTH) {
    findings.fail(block, `${info.byteLength} bytes`, 'a list', where)
    return
  }
  checkListPrefix(findings, new Lists(memory.blocks, element.array), element.array, block, where)
}

/** Of a block that has room for the prefix. Whether its elements may be read. */
export function checkListPrefix(
  findings: Findings,
  lists: Lists,
  array: ListType['element']['array'],
  block: number,
  where: string,
): boolean {
  const room = (findings.blockAt(block)?.byteLength ?? 0) - PREFIX_BYTE_LENGTH
  const typeId = findings.words[(block >> 2) + 1] & (2 ** TYPE_BITS - 1)
  const length = lists.length(block)
  // Not by `lists.capacity`, which throws where it leads out of the arena.
  const capacity = room / array.BYTES_PER_ELEMENT
  const told = (findings.words[(block >> 2) + 1] >>> TYPE_BITS) * 16
  if (typeId !== typeIdOf(array)) {
    findings.fail(block, `elements of type ${typeId}`, typeIdOf(array), where)
  }
  if (told !== room) findings.fail(block, `room for ${told} bytes`, room, where)
  if (length <= capacity) return true
  findings.fail(block, `a list of ${length}`, `at most ${capacity}, for which there is room`, where)
  return false
}
