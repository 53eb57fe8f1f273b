/**
 * Finds out which entities are prefabs. No query contains them, and bitECS has no event for them.
 */
import { type ComponentData, getAllEntities, hasComponent, Prefab, type Query } from 'bitecs'
import { isWorld, type WorldContexts } from './bitecs-internals.ts'

/**
 * Returns a number that changes whenever an entity of any world may have become a prefab. Changes
 * before the first call do not count.
 */
export function prefabVersion({ contexts }: WorldContexts): number {
  let sum = 0
  for (let i = 0; i < contexts.length; i++) {
    const { componentMap } = contexts[i]
    let data = componentMap.get(Prefab)
    if (data === undefined) continue
    if (!(data instanceof CountedData)) {
      data = new CountedData(data)
      componentMap.set(Prefab, data)
    }
    sum += (data as CountedData).readCount
  }
  return sum
}

/** Returns all prefabs of all worlds. */
export const listPrefabs = ({ all }: WorldContexts): number[] =>
  all
    .filter(isWorld)
    .flatMap((world) => getAllEntities(world).filter((eid) => hasComponent(world, eid, Prefab)))

/**
 * bitECS's record of a component in a world. It counts the reads of `queries`, because each
 * addition and removal reads that property.
 */
class CountedData implements ComponentData {
  declare id: number
  declare generationId: number
  declare bitflag: number
  declare ref: ComponentData['ref']
  declare setObservable: ComponentData['setObservable']
  declare getObservable: ComponentData['getObservable']
  readCount = 1
  readonly #queries: Set<Query>

  constructor({ queries, ...data }: ComponentData) {
    Object.assign(this, data)
    this.#queries = queries
  }

  get queries(): Set<Query> {
    this.readCount++
    return this.#queries
  }
}
