/**
 * The layout of a command buffer: a chain of blocks of one pool. By 32-bit words:
 *
 *     block                                       record
 *     0  offset of the next block; 0 in the last  0  kind, and the word count of the record << 3
 *     1  end of the records, in words from the    1  number of the component; in a SORT_KEY record,
 *        start of the block                          the key; in a SPAWN record, the index of the
 *     2  byte length                                 temporary id
 *     3  magic                                    2  entity id, which may be temporary; in a SPAWN
 *     the rest in the first block only:              record, the prefab or 0
 *     4  offset of a block that is being added    3  0
 *        to the chain, or removed from it         4  in a SET record, see `command-values.ts`
 *     5  1 when the records were applied, and
 *        the writer may clear them
 *     6  serial number of the storage
 *     8  records
 *
 * The length of a record is a multiple of 8 bytes, which aligns its numbers. No record crosses the
 * end of a block.
 */
export const BLOCK_NEXT = 0
export const BLOCK_END = 1
export const BLOCK_BYTE_LENGTH = 2
export const BLOCK_MAGIC = 3
export const BLOCK_IN_TRANSIT = 4
export const BLOCK_IS_APPLIED = 5
export const BLOCK_STORAGE = 6
export const BLOCK_HEAD_WORD_COUNT = 8

export const SORT_KEY = 0
export const SPAWN = 1
export const DESPAWN = 2
export const ADD = 3
export const REMOVE = 4
export const SET = 5
export const HEAD_WORD_COUNT = 4
export const kindOf = (word: number) => word & 7
export const wordCountOf = (word: number) => word >>> 3

export const COMMANDS_MAGIC = 0x41534803
