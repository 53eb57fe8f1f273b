// Where shots are: in the list of their cell, and in the shard that has it. They fly in flight.ts.
import { addComponent, hasComponent, observe, onRemove, query } from 'bitecs'
import type { Scene } from './scene.ts'

export interface ShotSystems {
  /** Lists the shots that have flown, and sends those that came to a cell of another shard. */
  settle(): void
  /** Has one that was sent here enter its cell. */
  arrive(eid: number): void
}

export function createShotSystems(scene: Scene): ShotSystems {
  const { world, components, shots, commons, shard, mail } = scene
  const { Place, Shot } = components
  // One term: that is the query by which the storage follows the component, so that bitECS has no
  // further one to keep whenever a shot comes or goes.
  const shotTerms = [Shot]
  const { shardOf } = commons

  observe(world, onRemove(Shot), (eid) => {
    if (isListed(eid)) shots.remove(eid)
  })

  /** From the end of its first tic on, if there is one. */
  function isListed(eid: number): boolean {
    return hasComponent(world, eid, Place)
  }

  function list(eid: number, cell: number): void {
    addComponent(world, eid, Place)
    shots.insert(eid, cell)
  }

  return {
    settle() {
      for (const eid of query(world, shotTerms)) {
        const cell = Shot.toCell[eid]
        if (shardOf[cell] !== shard) mail.send(eid, shardOf[cell])
        else if (isListed(eid)) shots.move(eid, cell)
        else list(eid, cell)
      }
    },
    arrive: (eid) => list(eid, Shot.toCell[eid]),
  }
}
