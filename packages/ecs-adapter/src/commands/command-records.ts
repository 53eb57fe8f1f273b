/**
 * What command buffers hold: records, each a head of four words and what follows, in whole numbers of
 * 8 bytes.
 *
 *     0  kind, and the word count of the record << 3
 *     1  number of the component; of PLACE, the place; of SPAWN, which one it is
 *     2  entity id, temporary ones too; of SPAWN, the prefab, else 0
 *     3  0
 */
export const PLACE = 0
export const SPAWN = 1
export const DESPAWN = 2
export const ADD = 3
export const REMOVE = 4
/** `values` follow: see `command-values`. */
export const SET = 5
export const HEAD_WORD_COUNT = 4
export const kindOf = (word: number) => word & 7
export const wordCountOf = (word: number) => word >>> 3

/**
 * Temporary ids count down from here. Small integers to every engine, and no ids of entities: those
 * are positive, but versioned ones of the last version, whose index is a million below the greatest.
 * Not from -1 on, which people write into id fields for nobody.
 */
export const TEMPORARY_FIRST = -(2 ** 20)

/** Which one a temporary id is, of those that were spawned since the place began; -1 of another id. */
export function temporaryIndex(eid: number, spawnCount: number): number {
  const index = TEMPORARY_FIRST - eid
  return index >= 0 && index < spawnCount ? index : -1
}
