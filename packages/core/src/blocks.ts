/** Lists the blocks that callers hold. */
import { ELEMENT_TYPE_NAMES, type ElementTypeName, PARCEL_TYPE, typeInHeader } from './header.ts'
import { headerWordAt, secondWordAt } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import { forEachBlockIn, forEachRun, heldOffset } from './walk.ts'

/** A live block, as its header tells. */
export interface BlockInfo {
  /** What its holder frees it by. */
  readonly offset: number
  /** As requested. */
  readonly byteLength: number
  /** Of its elements; `'untyped'` unless `allocArray` made it. */
  readonly type: ElementTypeName
  /** Of the owner. */
  readonly slot: number
}

/** Every live block, in ascending order of offset. */
export function listBlocks(memory: ArenaMemory): BlockInfo[] {
  const blocks: BlockInfo[] = []
  forEachRun(memory, (head, _classIndex, slot) => {
    forEachBlockIn(memory, head, (block) => {
      const offset = heldOffset(memory, block)
      if (offset === 0) return
      const elementType = typeInHeader(headerWordAt(memory, offset))
      if (elementType === PARCEL_TYPE) return
      const type = ELEMENT_TYPE_NAMES[elementType]
      blocks.push({ offset, byteLength: secondWordAt(memory, offset), type, slot })
    })
  })
  return blocks
}
