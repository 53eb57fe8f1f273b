/**
 * This folder has the worlds of a storage, and watches what bitECS does in them. There is one
 * world, or several worlds that share an entity index, so that each id is unique. Only
 * `bitecs-internals.ts` uses undocumented parts of bitECS. The folder knows nothing about rows and
 * memory.
 */
import { entityExists, getId, hasComponent, type World } from 'bitecs'
import { checkedEid } from '../base/arguments.ts'
import { invalidArgument, noNegativeId, noWorlds, otherIndex, worldTwice } from '../base/errors.ts'
import { isWorld, shareIndex, WorldContexts } from './bitecs-internals.ts'

export class Worlds extends WorldContexts {
  /**
   * @throws StorageError 'invalid-argument' if `given` is no world, or no list of worlds that share
   * an index
   */
  constructor(given: World | readonly World[]) {
    super(isWorld(given) ? [given] : [...checkedList(given)])
  }

  /**
   * Checks that the worlds can still be used.
   * @throws StorageError 'invalid-argument' if `deleteWorld` was called
   */
  check(): void {
    // This method runs in each frame. An iterator would make garbage.
    for (let i = 0; i < this.all.length; i++) {
      if (!isWorld(this.all[i])) throw noWorld('the world', this.all[i])
    }
  }

  /**
   * Returns the row of an entity in dense columns.
   * @throws StorageError 'invalid-argument' if `given` is no id
   */
  rowOf(given: unknown): number {
    const eid = checkedEid(given)
    if (eid < 0 && !this.isVersioned) throw noNegativeId(eid)
    return getId(this.entityIndex, eid)
  }

  exists(eid: number): boolean {
    const world = this.of(eid)
    return isWorld(world) && entityExists(world, eid)
  }

  has(eid: number, component: object): boolean {
    for (let i = 0; i < this.all.length; i++) {
      if (isWorld(this.all[i]) && hasComponent(this.all[i], eid, component)) return true
    }
    return false
  }
}

function checkedList(given: unknown): readonly World[] {
  if (!Array.isArray(given)) throw noWorld('the world', given)
  if (given.length === 0) throw noWorlds()
  for (const [i, world] of given.entries()) {
    if (!isWorld(world)) throw noWorld(`worlds[${i}]`, world)
    if (given.indexOf(world) < i) throw worldTwice(given.indexOf(world), i)
    if (!shareIndex(world, given[0])) throw otherIndex(i)
  }
  return given
}

const noWorld = (what: string, given: unknown) =>
  invalidArgument(what, given, 'a world from createWorld that was not deleted, or an array of them')
