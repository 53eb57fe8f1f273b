/** Systems that each worker runs once. */
import type { Component, SystemContext, Table } from '@ashlar/ecs-adapter'
import { stayAt } from './command-systems.ts'
import type { shotSchema } from './table-systems.ts'

type Context = SystemContext<
  Readonly<Record<string, Component>>,
  { readonly Shot: Table<typeof shotSchema> }
>

export const eachSystems = {
  tallyEach({ workerIndex, from, args, arena, pool }: Context) {
    const { bySlot, byPlace } = args as { bySlot: number; byPlace: number }
    if (workerIndex !== from) throw new Error(`${workerIndex} from ${from}`)
    Atomics.add(arena.i32, bySlot + pool.slot, 1)
    Atomics.add(arena.i32, byPlace + from, 1)
  },

  /** Ages the rows of its own chunks, removes the old ones, and adds so many. */
  replaceOwn({ args, tables: { Shot } }: Context) {
    const { count, life } = args as { count: number; life: number }
    for (const chunk of Shot.ownChunks) {
      const { visits } = chunk
      for (let row = chunk.rowCount - 1; row >= 0; row--)
        if (--visits[row] <= 0) chunk.removeRow(row)
    }
    for (let i = 0; i < count; i++) {
      const chunk = Shot.chunkWithRoom()
      chunk.visits[chunk.addRow()] = life
    }
  },

  throwAt({ from, args }: Context) {
    if (from === (args as { place: number }).place) throw new Error(`at ${from}`)
  },

  spawnAtPlace({ from, commands }: Context) {
    const eid = commands.spawn()
    commands.set(eid, 'Position', { x: from, y: 0 })
    commands.add(eid, 'Velocity')
    commands.add(eid, 'Visits')
  },

  /** Its worker is away between runs until called back; then it reports that it had a turn. */
  goAway({ from, args, arena }: Context) {
    const { place, flag } = args as { place: number; flag: number }
    const turn = (count: number) => {
      if (count === 0) Atomics.store(arena.i32, flag, 3)
      else setTimeout(() => turn(count - 1), 1)
    }
    if (from !== place) return
    setTimeout(() => {
      stayAt(arena.i32, flag)
      turn(3)
    }, 0)
  },

  stayAtPlace({ from, args, arena }: Context) {
    const { place, flag } = args as { place: number; flag: number }
    if (from === place) stayAt(arena.i32, flag)
  },
}
