// Where shots are: in the list of their cell, and in the shard that has it. They fly in flight.ts.
import {
  addComponent,
  addEntity,
  hasComponent,
  observe,
  onRemove,
  query,
  removeEntity,
} from 'bitecs'
import { TO_X, TO_Y } from './collision.ts'
import { createMailbox, SHOT_MAILBOX } from './mailbox.ts'
import type { Scene } from './scene.ts'

export interface ShotSystems {
  /** Lists the shots that have flown, and sends those that came to a cell of another shard. */
  settle(): void
  /** Takes in the shots that others have sent. */
  receive(): void
}

export function createShotSystems(scene: Scene): ShotSystems {
  const { world, components, path, collision, shots, commons, shard } = scene
  const { Position, Place, Velocity, Shot } = components
  // One term: that is the query by which the storage follows the component, so that bitECS has no
  // further one to keep whenever a shot comes or goes.
  const shotTerms = [Shot]
  const { shardOf } = commons
  const mail = createMailbox(scene, SHOT_MAILBOX, [Position, Velocity, Shot])

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

  function create(): number {
    const eid = addEntity(world)
    addComponent(world, eid, Position)
    addComponent(world, eid, Velocity)
    addComponent(world, eid, Shot)
    return eid
  }

  function arrive(eid: number): void {
    path[TO_X] = Position.x[eid]
    path[TO_Y] = Position.y[eid]
    list(eid, collision.cell())
  }

  return {
    settle() {
      for (const eid of query(world, shotTerms)) {
        const cell = Shot.toCell[eid]
        if (shardOf[cell] !== shard) {
          mail.send(eid, shardOf[cell]) // with its trail
          removeEntity(world, eid)
        } else if (isListed(eid)) shots.move(eid, cell)
        else list(eid, cell)
      }
    },
    receive: () => mail.receive(create, arrive),
  }
}
