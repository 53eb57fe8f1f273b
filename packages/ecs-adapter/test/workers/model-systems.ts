/** Systems that mix numbers: any change of order shows in all numbers that follow. */
import { type ListField, type SystemContext, type Table, t } from '@ashlar/ecs-adapter'
import { random } from './command-systems.ts'

export const cellSchema = { value: t.i32 }

interface Tables {
  readonly Cell: Table<typeof cellSchema>
}
type Components = Readonly<
  Record<string, { readonly value: Int32Array; readonly log: ListField | undefined }>
>
type Context = SystemContext<Components, Tables>

export interface MixOrder {
  readonly salt: number
  /** Names of components. */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly readsCells: boolean
  /** What it does by commands to some of its entities; to which component, if to one. */
  readonly change: 'nothing' | 'set' | 'remove' | 'spawn' | 'despawn'
  readonly target: string
}

const LOG_LENGTH_MAX = 12

export const modelSystems = {
  mix({ components, tables, entities, from, args, commands }: Context) {
    const { salt, reads, writes, readsCells, change, target } = args as MixOrder
    for (let i = 0; i < entities.length; i++) {
      const eid = entities[i]
      let mixed = random(salt ^ eid ^ ((from + i) << 16))
      for (const name of reads) {
        const { value, log } = components[name]
        const other = mixed % value.length // nobody writes to what this one reads
        mixed = random(mixed ^ value[eid] ^ value[other] ^ (log?.length(other) ?? 0))
      }
      if (readsCells) mixed = random(mixed ^ cellAt(tables.Cell, mixed))
      for (const name of writes) {
        const { value, log } = components[name]
        mixed = random(mixed ^ value[eid])
        value[eid] = mixed
        if (log === undefined) continue
        if (log.push(eid, mixed | 0) > LOG_LENGTH_MAX) log.resize(eid, mixed % LOG_LENGTH_MAX)
      }
      if (mixed % 8 !== 0) continue
      if (change === 'set') commands.set(eid, target, { value: mixed | 0 })
      if (change === 'remove') commands.remove(eid, target)
      if (change === 'despawn') commands.despawn(eid)
      if (change !== 'spawn') continue
      const child = commands.spawn()
      for (const name of writes) commands.set(child, name, { value: mixed | 0 })
    }
  },

  mixCells({ components, chunks, args }: Context) {
    const { salt, reads } = args as MixOrder
    for (const { value, rowCount } of chunks) {
      for (let row = 0; row < rowCount; row++) {
        let mixed = random(salt ^ value[row])
        for (const name of reads) {
          const { value: column } = components[name]
          mixed = random(mixed ^ column[mixed % column.length])
        }
        value[row] = mixed
      }
    }
  },
}

function cellAt(Cell: Tables['Cell'], place: number): number {
  const chunk = Cell.chunk(place % Cell.chunks.length)!
  return chunk.value[place % chunk.rowCount]
}
