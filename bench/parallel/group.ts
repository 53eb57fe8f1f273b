// A worker group of the adapter, by `runSync` or `run`. Its workers run the topic's own file.
import { parentPort, Worker } from 'node:worker_threads'
import { Arena, verify } from '@ashlar/core'
import {
  createStorage,
  createWorkerGroup,
  joinWorkerGroup,
  type SystemContext,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, query } from 'bitecs'
import { expect } from '../case.ts'
import type { Contender } from './contender.ts'
import { type Columns, move, place } from './system.ts'

export const group =
  (method: 'run' | 'runSync'): Contender =>
  async ({ entityCount, stepsOf, workerCount }) => {
    const arena = Arena.create({ byteLength: 64 * 2 ** 20, shared: true })
    const world = createWorld()
    const storage = createStorage(world, arena.openPool(), { capacity: entityCount + 1 })
    const Body = storage.component('Body', {
      x: t.f32,
      y: t.f32,
      velocityX: t.f32,
      velocityY: t.f32,
      steps: t.u8,
    })
    for (let i = 0; i < entityCount; i++) addComponent(world, addEntity(world), Body)
    if (stepsOf !== undefined) place(Body, entityCount, stepsOf)
    const workers = Array.from({ length: workerCount }, () => {
      return new Worker(new URL(import.meta.url), { workerData: 'group' })
    })
    const team = await createWorkerGroup(storage, workers)
    const system = stepsOf === undefined ? 'empty' : 'move'
    return {
      columns: Body,
      run: (dt) => team[method](system, query(world, [Body]), { dt }),
      async end() {
        await team.close()
        await Promise.all(workers.map((worker) => worker.terminate()))
        expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
      },
    }
  }

/** In a worker. */
export function joinGroup(): void {
  joinWorkerGroup(parentPort!, {
    move({ components, entities, args }: SystemContext<{ Body: Columns }>) {
      move(components.Body, entities, (args as { dt: number }).dt)
    },
    empty() {},
  })
}
