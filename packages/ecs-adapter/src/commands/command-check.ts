/** Whether the records of a command buffer are such: before any of them is applied. */

import { corrupt } from '../base/errors.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import type { CommandCursor } from './command-cursor.ts'
import { ADD, HEAD_WORD_COUNT, kindOf, PLACE, SET, SPAWN } from './command-records.ts'
import { checkValues } from './command-values.ts'

/**
 * Checks the record at a cursor.
 * @param spawnCount of the entities that were spawned before it, since the place began
 * @returns how many there are behind it
 * @throws StorageError 'corrupt'
 */
export function checkRecord(
  words: Int32Array,
  cursor: CommandCursor,
  registry: ComponentRegistry,
  spawnCount: number,
): number {
  const { index, wordCount } = cursor
  const kind = kindOf(words[index])
  const number = words[index + 1]
  if (kind > SET) throw corrupt('the kind of a command', kind, `one of ${PLACE} to ${SET}`)
  if (kind === SET) {
    checkValues(words, registry.at(number).fields, index + HEAD_WORD_COUNT, index + wordCount)
    return spawnCount
  }
  if (wordCount !== HEAD_WORD_COUNT) {
    throw corrupt('the length of a command', wordCount, `${HEAD_WORD_COUNT} words`)
  }
  if (kind === PLACE) {
    if (number < 0) throw corrupt('a place of commands', number, 'no negative number')
    return 0
  }
  if (kind >= ADD) void registry.at(number)
  if (kind !== SPAWN) return spawnCount
  if (number !== spawnCount) throw corrupt('the number of a spawn', number, String(spawnCount))
  return spawnCount + 1
}
