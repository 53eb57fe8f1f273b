/** Systems over tables. */
import { type Component, type SystemContext, type Table, t } from '@ashlar/ecs-adapter'

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

  failInChunk({ entities, args }: Context) {
    if (entities.includes(args as number)) throw new RangeError(`chunk ${args} fails`)
  },
}
