/**
 * Carves blocks: cuts them off the uncarved part of a run, and links them as a list of free blocks.
 */
import * as layout from '../base/layout.ts'
import type { PayloadOffset, SpanIndex } from '../base/units.ts'
import { type ArenaMemory, addToSlot, recordWord, spanStart } from '../memory/memory.ts'
import { classOf, ownerOf } from '../spans/runs.ts'

/**
 * Carves the next `blockCount` blocks of a run, and returns the offset of the first one. Each block
 * links to the next, and the last links to 0. The run must have room for the blocks. The blocks do
 * not exist until the count in the run's record is written, after all headers.
 */
export function carve(memory: ArenaMemory, head: SpanIndex, blockCount: number): PayloadOffset {
  const { i32, plainHeader } = memory
  const classIndex = classOf(memory, head)
  const stride = memory.strides[classIndex]
  const carvedCount = recordWord(memory, head, layout.RECORD_CARVED_COUNT)
  const first = spanStart(memory, head) + layout.FIRST_PAYLOAD + i32[carvedCount] * stride
  const last = first + (blockCount - 1) * stride
  for (let block = first; block <= last; block += stride) {
    i32[(block >> 2) - 2] = plainHeader
    i32[(block >> 2) - 1] = block + stride
  }
  i32[(last >> 2) - 1] = 0
  i32[carvedCount] += blockCount
  addToSlot(memory, ownerOf(memory, head), layout.SLOT_CARVED + classIndex, blockCount)
  return first as PayloadOffset
}
