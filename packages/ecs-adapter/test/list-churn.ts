// Frames that spawn, kill, and change lists at random, without garbage of their own, and the
// figures of the memory that the lists take.
import { blocks, exactStats } from '@ashlar/core'
import { t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, removeEntity } from 'bitecs'
import { createRandom, createScene } from './support.ts'

const SPAN = 64 * 1024

export interface ChurnOptions {
  entityCount: number
  /** Of a list of f32, in elements. */
  averageLength: number
  arenaByteLength: number
}

export interface ChurnFigures {
  readonly listCount: number
  /** Of the elements that the lists have. */
  readonly dataBytes: number
  /** Strides of the blocks of lists, and their handles. */
  readonly liveByteLength: number
  /** Whole spans that are in use beyond control and columns, free blocks included. */
  readonly committedByteLength: number
}

/** Each frame changes one list in ten, and kills and spawns one entity in a hundred. */
export function createListChurn({ entityCount, averageLength, arenaByteLength }: ChurnOptions) {
  const scene = createScene({ capacity: entityCount + 1, byteLength: arenaByteLength })
  const { arena, pool, world, storage } = scene
  const committedBefore = arena.stats().committedByteLength
  const Path = storage.component('Path', { points: t.list(t.f32) })
  const { points } = Path
  const random = createRandom(1)
  const eids: number[] = []
  const values = new Float32Array(2 * averageLength)

  // Lengths are spread evenly from 0 to twice the average, and stay so.
  function change(eid: number) {
    const length = points.length(eid)
    const target = random(2 * averageLength + 1)
    const kind = random(8)
    if (kind === 0) {
      points.clear(eid)
      for (let i = 0; i < target; i++) points.push(eid, i)
    } else if (kind === 1) {
      points.resize(eid, 0)
      points.append(eid, values)
      while (points.length(eid) > target) points.pop(eid)
    } else if (kind < 5) {
      for (let i = length; i < target; i++) points.push(eid, i)
      for (let i = length; i > target; i--) points.pop(eid)
    } else {
      if (length < target) points.insert(eid, random(length + 1), length)
      if (length > target) points.removeAt(eid, random(length))
      if (points.length(eid) > 0) points.set(eid, random(points.length(eid)), 1)
    }
  }

  function spawn() {
    const eid = addEntity(world)
    addComponent(world, eid, Path)
    const length = random(2 * averageLength + 1)
    for (let i = 0; i < length; i++) points.push(eid, i)
    eids.push(eid)
  }

  function frame(_index?: number) {
    while (eids.length < entityCount) spawn()
    for (let i = 0; i < entityCount / 10; i++) change(eids[random(entityCount)])
    for (let i = 0; i < entityCount / 100; i++) {
      const index = random(eids.length)
      removeEntity(world, eids[index])
      eids[index] = eids[eids.length - 1]
      eids.pop()
    }
    storage.sync()
  }

  function figures(): ChurnFigures {
    let dataBytes = 0
    for (const eid of eids) dataBytes += 4 * points.length(eid)
    pool.collect()
    const stats = exactStats(arena)
    // The column of handles takes a class, or spans, for ids to come too.
    const [column] = blocks(arena).filter(({ type }) => type === 'u32')
    const { stride } = stats.classes.find((row) => row.maxByteLength >= column.byteLength)!
    const columnBytes = stride || Math.ceil(column.byteLength / SPAN) * SPAN
    return {
      listCount: eids.length,
      dataBytes,
      liveByteLength: stats.liveByteLength - columnBytes + 4 * eids.length,
      committedByteLength: stats.committedByteLength - committedBefore,
    }
  }
  return { ...scene, points, eids, frame, figures }
}
