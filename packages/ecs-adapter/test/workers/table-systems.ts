/** Systems over tables. */
import { type Component, type SystemContext, type Table, t } from '@ashlar/ecs-adapter'
import { CHUNK_REMOVING } from '../../src/table-layout.ts'
import { stayAt } from './command-systems.ts'

export const shotSchema = { x: t.f32, speed: t.f32, visits: t.i32, place: t.i32 }

interface Tables {
  readonly Shot: Table<typeof shotSchema>
}
type Context = SystemContext<Readonly<Record<string, Component>>, Tables>

export const tableSystems = {
  /** Each row is counted; it learns which place its chunk has in the run. */
  fly({ tables: { Shot }, entities, from }: Context) {
    for (let i = 0; i < entities.length; i++) {
      const { x, speed, visits, place, rowCount } = Shot.chunk(entities[i])!
      for (let row = 0; row < rowCount; row++) {
        x[row] += speed[row]
        visits[row]++
        place[row] = from + i
      }
    }
  },

  /** Each entity gives a shot, in chunks of whichever worker has it. */
  shoot({ tables: { Shot }, entities }: Context) {
    for (const eid of entities) {
      const id = Shot.add()
      Shot.chunkOf(id)!.x[Shot.rowOf(id)] = eid
    }
  },

  /** Removes every second row, whoever's chunk it is. */
  thin({ tables: { Shot }, entities }: Context) {
    for (const number of entities) {
      const chunk = Shot.chunk(number)!
      for (let row = chunk.rowCount - 1; row >= 0; row -= 2) chunk.remove(row)
    }
  },

  /** In the midst of removing the first row of some chunks it says so, and stays until it is told or killed. */
  tear({ tables: { Shot }, entities, args, arena: { i32 } }: Context) {
    for (const { number, flag } of args as { number: number; flag: number }[]) {
      if (!entities.includes(number)) continue
      const { ids, rowCount, ...rest } = Shot.chunk(number)!
      const { $offset } = rest as unknown as { $offset: number }
      const id = ids[0]
      i32[($offset >> 2) + CHUNK_REMOVING] = id
      ids[0] = ids[rowCount - 1]
      stayAt(i32, flag)
      ids[0] = id
    }
  },

  failInChunk({ entities, args }: Context) {
    if (entities.includes(args as number)) throw new RangeError(`chunk ${args} fails`)
  },
}
