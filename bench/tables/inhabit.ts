// A world in which entities have come and gone: ids lie in no order in its queries.
import { addEntity, removeEntity, type World } from 'bitecs'
import { permutation, xorshift32 } from '../random.ts'

/** In each frame one of so many entities is removed, and another one spawned. */
const ONE_IN = 25
/** After these, seven of eight entities are other ones than in the beginning. */
const FRAME_COUNT = 50

/**
 * Fills a world with `entityCount` entities, and lets them come and go: the same in each process.
 *
 * @param dress called with each entity that is spawned, and its number: the next one's when it goes
 */
export function inhabit(
  world: World,
  entityCount: number,
  dress: (eid: number, number: number) => void,
): void {
  const eids = new Int32Array(entityCount)
  const spawn = (number: number) => {
    eids[number] = addEntity(world)
    dress(eids[number], number)
  }
  for (let number = 0; number < entityCount; number++) spawn(number)
  const random = xorshift32(1)
  for (let frame = 0; frame < FRAME_COUNT; frame++) {
    const numbers = permutation(entityCount, random).subarray(0, entityCount / ONE_IN)
    for (const number of numbers) removeEntity(world, eids[number])
    for (const number of numbers) spawn(number)
  }
}
