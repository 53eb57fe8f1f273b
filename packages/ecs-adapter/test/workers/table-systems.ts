/** Systems over tables. */
import { type Component, type SystemContext, type Table, t } from '@ashlar/ecs-adapter'
import { readTableSchema } from '../../src/tables/create-table.ts'
import { layOut } from '../../src/tables/table-layout.ts'
import { chooseChunks } from '../../src/tables/table-options.ts'
import { dies, mortalChunk } from '../mortal-chunk.ts'
import { createRandom } from '../support.ts'
import { observeRoot } from '../table-steps.ts'
import { stayAt } from './command-systems.ts'

export const shotSchema = { x: t.f32, speed: t.f32, visits: t.i32, place: t.i32 }

interface Tables {
  readonly Shot: Table<typeof shotSchema>
}
type Context = SystemContext<Readonly<Record<string, Component>>, Tables>
type Shots = Tables['Shot']['chunks'][number]

export const shotOptions = { chunkByteLength: 1024 }

export interface StayArgs {
  readonly flag: number
  readonly isOwn: boolean
  readonly storeCount: number
}

export interface ChurnArgs {
  /** Words that count the turns of each slot's worker, and one that ends all turns if not 0. */
  readonly turns: number
  readonly end: number
  readonly seed: number
}

/** Every field of a row holds its id. */
export function markShot({ ids, x, speed, visits, place }: Shots, row: number): void {
  const id = ids[row]
  x[row] = id
  speed[row] = id
  visits[row] = id
  place[row] = id
}

/** Whether it is as `markShot` wrote it. */
export function isMarked({ ids, x, speed, visits, place }: Shots, row: number): boolean {
  const id = ids[row]
  const isWhole = visits[row] === id && place[row] === id
  return isWhole && x[row] === Math.fround(id) && speed[row] === Math.fround(id)
}

/** Adds and removes rows of a chunk that has some room. */
function churnRows(chunk: Shots, random: (limit: number) => number): void {
  for (let i = random(9); i > 0; i--)
    if (chunk.rowCount > 0) chunk.removeRow(random(chunk.rowCount))
  for (let i = random(9); i > 0; i--) {
    const row = chunk.addRow()
    if (row !== -1) markShot(chunk, row)
  }
}

/** Until it is ended, or killed. */
function churn(
  { arena, pool, args, from }: Context,
  turn: (random: (limit: number) => number) => void,
) {
  const { turns, end, seed } = args as ChurnArgs
  const random = createRandom(seed + from)
  while (Atomics.load(arena.i32, end) === 0) {
    turn(random)
    Atomics.add(arena.i32, turns + pool.slot, 1)
  }
}

function stayInRemoveOf(chunk: Shots, { arena, args }: Context): void {
  const { flag, storeCount } = args as StayArgs
  while (chunk.rowCount < 10) markShot(chunk, chunk.addRow())
  const fields = readTableSchema('Shot', shotSchema)
  const layout = layOut(fields, { ...chooseChunks(fields, shotOptions), name: 'Shot' })
  const { $offset } = chunk as unknown as { $offset: number }
  const mortal = mortalChunk(layout, arena.buffer, $offset, storeCount)
  if (dies(() => mortal.removeRow(3))) stayAt(arena.i32, flag)
}

/** In a worker: see `stayInFirst`. */
let firstNumber = -1

export const tableSystems = {
  /** Each row is counted; it learns which place its chunk has in the run. */
  fly({ chunks, from }: Context) {
    for (let i = 0; i < chunks.length; i++) {
      const { x, speed, visits, place, rowCount } = chunks[i]
      for (let row = 0; row < rowCount; row++) {
        x[row] += speed[row]
        visits[row]++
        place[row] = from + i
      }
    }
  },

  /** Each entity fires a shot, into chunks of its worker. */
  shoot({ tables: { Shot }, entities }: Context) {
    for (const eid of entities) {
      const id = Shot.add()
      Shot.chunkOf(id)!.x[Shot.indexOf(id)] = eid
    }
  },

  /** Removes every second row, also in chunks of other workers. */
  thin({ chunks }: Context) {
    for (const chunk of chunks) {
      for (let row = chunk.rowCount - 1; row >= 0; row -= 2) chunk.removeRow(row)
    }
  },

  /** Adds and removes in the chunks of its worker, makes some, and frees some. */
  churnOwn(context: Context) {
    const { Shot } = context.tables
    churn(context, (random) => {
      for (let i = random(60); i > 0; i--) {
        const chunk = Shot.chunkWithRoom()
        markShot(chunk, chunk.addRow())
      }
      for (const chunk of Shot.ownChunks) churnRows(chunk, random)
      if (Shot.ownChunks.length > 3) Shot.clear()
      Shot.trim()
    })
  },

  /** Adds and removes in the chunks that it is given, also those of other workers. */
  churnGiven(context: Context) {
    const { chunks } = context
    churn(context, (random) => {
      for (const chunk of chunks) churnRows(chunk, random)
    })
  },

  /**
   * Removes a row, of a given chunk or of one that it makes, and stays in the middle of it until
   * it is killed.
   */
  stayInRemove(context: Context) {
    const { tables, chunks, args } = context
    const { isOwn } = args as StayArgs
    stayInRemoveOf(isOwn ? tables.Shot.chunkWithRoom() : chunks[0], context)
  },

  /** The same, of the chunk that its worker was given first, when it is given another one. */
  stayInFirst(context: Context) {
    const [{ number }] = context.chunks
    if (firstNumber === -1) firstNumber = number
    else stayInRemoveOf(context.tables.Shot.chunk(firstNumber)!, context)
  },

  /** The same in `trim`, of chunks that it makes. */
  stayInTrim({ arena, args, tables: { Shot } }: Context) {
    const { flag, storeCount } = args as StayArgs
    for (let i = 3 * Shot.chunkCapacity; i > 0; i--) Shot.add()
    Shot.clear()
    let count = 0
    const onStep = () => {
      if (++count === storeCount) stayAt(arena.i32, flag)
    }
    observeRoot(arena, Shot.handle, onStep, () => Shot.trim())
  },

  /** Every second row of a chunk goes, and others come. */
  replace({ chunks }: Context) {
    for (const chunk of chunks) {
      const { rowCount } = chunk
      for (let row = rowCount - 1; row >= 0; row -= 2) chunk.removeRow(row)
      while (chunk.rowCount < rowCount) markShot(chunk, chunk.addRow())
    }
  },

  /** Rows come and go in the worker's own chunks. */
  flash({ tables: { Shot }, entities }: Context) {
    for (const _ of entities) Shot.remove(Shot.add())
  },

  failInChunk({ chunks, args }: Context) {
    if (chunks.some(({ number }) => number === args)) throw new RangeError(`chunk ${args} fails`)
  },
}
