/** Lists the blocks that callers hold. */

import { headerWordAt, secondWordAt } from '../blocks/lookup.ts'
import { forEachLiveIn, forEachRun } from '../blocks/walk.ts'
import {
  ELEMENT_TYPE_NAMES,
  type ElementTypeName,
  isInternal,
  typeInHeader,
} from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { offsetsOnTheWay } from '../remote/remote.ts'

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

/** Every block that somebody holds, in ascending order of offset: not what is freed but on its way. */
export function listBlocks(memory: ArenaMemory): BlockInfo[] {
  const onTheWay = offsetsOnTheWay(memory)
  const blocks: BlockInfo[] = []
  forEachRun(memory, (head, _classIndex, slot) => {
    forEachLiveIn(memory, head, (_block, offset) => {
      const header = headerWordAt(memory, offset)
      if (isInternal(memory.tag, header) || onTheWay.has(offset)) return
      const type = ELEMENT_TYPE_NAMES[typeInHeader(header)]
      blocks.push({ offset, byteLength: secondWordAt(memory, offset), type, slot })
    })
  })
  return blocks
}
