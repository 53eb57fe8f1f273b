/**
 * The room of what can be seen of an arena: its blocks, figures and faults, and a supervisor that
 * learns from them. Invariant: nothing here changes a heap; a supervisor only publishes batches.
 */
import { forEachLiveIn, forEachRun } from '../blocks/walk.ts'
import { BLOCK_INTERNAL, typeInHeader } from '../memory/block-header.ts'
import { ELEMENT_TYPE_NAMES, type ElementTypeName } from '../memory/element-types.ts'
import { type ArenaMemory, headerAt, secondWordAt, stateAt } from '../memory/memory.ts'
import { offsetsOnTheWay } from '../remote/remote.ts'

/** A live block, as its header describes it. */
export interface BlockInfo {
  /** The offset that frees it. */
  readonly offset: number
  /** As requested, in bytes. */
  readonly byteLength: number
  /** The type of its elements; `'untyped'` unless `allocArray` made it. */
  readonly type: ElementTypeName
  /** The slot that owns it. */
  readonly slot: number
}

/** Every live block in ascending order of offset, without those that are freed but on their way. */
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
