/**
 * Checks that each column's block is long enough for its rows, and that users' arrays are views of
 * the block.
 */
import type { ElementTypeName } from '@ashlar/core'
import type { ScalarArray } from '../base/typed-arrays.ts'
import type { ComponentHooks } from '../columns/component-hooks.ts'
import { CLASS_BYTE_LENGTH_MAX } from '../memory/blocks.ts'
import { typeIdOf } from '../memory/memory-views.ts'
import type { Field } from '../schema/schema.ts'
import type { Findings } from './findings.ts'

/** The names of element types. The index is the type id. */
const TYPE_NAMES: readonly ElementTypeName[] = [
  'f32',
  'u32',
  'i32',
  'f64',
  'u16',
  'i16',
  'u8',
  'i8',
]

export function checkColumns(
  findings: Findings,
  { name, component, store }: ComponentHooks,
  fields: readonly Field[],
): void {
  const { rowCount, staleOffsets } = store
  const columns = rowCount === 0 ? [] : store.columns // no rows: the storage is disposed of
  for (const [i, { byteOffset, blockOffset }] of columns.entries()) {
    const field = fields[i]
    findings.check('column', `column ${name}.${field.name}`, () => {
      const { array } = field.code
      const byteLength = byteOffset - blockOffset + rowCount * array.BYTES_PER_ELEMENT
      const isReserved = byteLength > CLASS_BYTE_LENGTH_MAX
      const type = isReserved ? 'untyped' : TYPE_NAMES[typeIdOf(array)]
      findings.reach(blockOffset, '', { byteLength, type })
      const column = store.variable[i]
      if (column !== undefined) {
        findings.expect(blockOffset, 'handles from word', column.$wordAt(0), byteOffset >> 2)
        findings.expect(blockOffset, 'handles of', column.$rowCount, rowCount)
        return
      }
      if (field.code.createObject !== undefined) return
      const view: ScalarArray = Reflect.get(store.rows ?? component, field.name)
      if (view.buffer !== findings.words.buffer) return // memory has grown: `sync` makes a new view
      findings.expect(blockOffset, 'an array at', view.byteOffset, byteOffset)
      findings.expect(blockOffset, 'an array of length', view.length, rowCount)
    })
  }
  findings.check('column', `a column of ${name} that has moved`, () => {
    for (const offset of staleOffsets) findings.reach(offset)
  })
}
