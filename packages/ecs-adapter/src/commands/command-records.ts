/**
 * The records of command buffers. Each has a head of four words, and is a multiple of 8 bytes long.
 *
 *     0  kind, and the word count of the record << 3
 *     1  number of the component; for PLACE, the place; for SPAWN, the index of the temporary id
 *     2  entity id, which may be temporary; for SPAWN, the prefab or 0
 *     3  0
 */
export const PLACE = 0
export const SPAWN = 1
export const DESPAWN = 2
export const ADD = 3
export const REMOVE = 4
/** Values follow the head: see `command-values.ts`. */
export const SET = 5
export const HEAD_WORD_COUNT = 4
export const kindOf = (word: number) => word & 7
export const wordCountOf = (word: number) => word >>> 3

/**
 * Temporary ids count down from here. They are small integers in every engine, and no entity has
 * such an id: ids are positive, except versioned ones of the last version, whose index would have
 * to be a million below the greatest. They do not begin at -1, which users write into id fields for
 * "none".
 */
export const TEMPORARY_FIRST = -(2 ** 20)
