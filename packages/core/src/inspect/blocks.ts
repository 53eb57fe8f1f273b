/**
 * Room inspect: shows an arena's blocks, figures and faults, and has a supervisor, which learns
 * from telemetry. Invariant: nothing here changes blocks; a supervisor only publishes batches.
 */
import { forEachLiveIn, forEachRun } from '../blocks/walk.ts'
import { BLOCK_INTERNAL, typeInHeader } from '../memory/block-header.ts'
import { ELEMENT_TYPE_NAMES, type ElementTypeName } from '../memory/element-types.ts'
import { type ArenaMemory, headerAt, secondWordAt, stateAt } from '../memory/memory.ts'
import { offsetsOnTheWay } from '../remote/remote.ts'

/** A live block, as its header describes it. */
export interface BlockInfo {
  /** The offset to pass to `free`. */
  readonly offset: number
  /** The byte length that was requested. */
  readonly byteLength: number
  /** The type of the block's elements; `'untyped'` unless `allocArray` made the block. */
  readonly type: ElementTypeName
  /** The slot that owns the block. */
  readonly slot: number
}

/** Every live block by ascending offset, without blocks that were freed but not yet received. */
export function listBlocks(memory: ArenaMemory): BlockInfo[] {
  const onTheWay = offsetsOnTheWay(memory)
  const blocks: BlockInfo[] = []
  forEachRun(memory, (head, _classIndex, slot) => {
    forEachLiveIn(memory, head, (_block, offset) => {
      if (stateAt(memory, offset) === BLOCK_INTERNAL || onTheWay.has(offset)) return
      const type = ELEMENT_TYPE_NAMES[typeInHeader(headerAt(memory, offset))]
      blocks.push({ offset, byteLength: secondWordAt(memory, offset), type, slot })
    })
  })
  return blocks
}
