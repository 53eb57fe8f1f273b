/**
 * Room inspect: lists an arena's blocks, figures and faults. It also has the supervisor, which
 * learns from telemetry.
 * Invariant: no code here changes blocks. A supervisor only publishes batches.
 */
import { forEachLiveIn, forEachRun } from '../blocks/walk.ts'
import { BLOCK_INTERNAL, typeInHeader } from '../memory/block-header.ts'
import { ELEMENT_TYPE_NAMES, type ElementTypeName } from '../memory/element-types.ts'
import { type ArenaMemory, headerAt, secondWordAt, stateAt } from '../memory/memory.ts'
import { offsetsOnTheWay } from '../remote/remote.ts'

/** A live block, as `blocks` lists it. */
export interface BlockInfo {
  /** The offset of the block. You can pass it to `pool.free`. */
  readonly offset: number
  /** How many bytes were requested for the block. */
  readonly byteLength: number
  /** The type of the elements. If `allocArray` did not make the block, it is `'untyped'`. */
  readonly type: ElementTypeName
  /** The slot that owns the block. */
  readonly slot: number
}

/**
 * Returns every live block by ascending offset. Leaves out freed blocks that their owner has not
 * received yet.
 */
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
