/** What of bitECS's own record of a world this package looks at. */
import {
  $internal,
  getId,
  hasComponent,
  type InternalWorld,
  type World,
  type WorldContext,
} from 'bitecs'
import { checkedEid } from './arguments.ts'
import { invalidArgument, noNegativeId } from './errors.ts'

/** What bitECS knows of a world; undefined of what is no world, or none any more. */
export const contextOf = (world: World): WorldContext => (world as InternalWorld)[$internal]

/** Refuses what is no world, or no longer one, after bitECS's `deleteWorld`. */
export function checkWorld(world: World): void {
  if (typeof world !== 'object' || world === null || contextOf(world) === undefined) {
    const expected = 'a world that createWorld of bitECS gave, not deleted since'
    throw invalidArgument('the world', world, expected)
  }
}

/** As bitECS's `hasComponent`; false in a world that was deleted. */
export const stillHas = (world: World, eid: number, component: object): boolean =>
  contextOf(world) !== undefined && hasComponent(world, eid, component)

/** The index of an entity in columns. @throws StorageError 'invalid-argument' for what is no id */
export function rowOf({ entityIndex }: WorldContext, given: unknown): number {
  const eid = checkedEid(given)
  if (eid < 0 && !entityIndex.versioning) throw noNegativeId(eid)
  return getId(entityIndex, eid)
}
