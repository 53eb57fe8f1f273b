// A level in the arena: vertices, lines, sectors and block map, each in blocks of their own.
// Nothing of it changes while the simulation runs, so its views may be kept; they stay valid until
// `dispose`. Posted to another thread they are views of the same blocks there, if the arena is
// shared.
import type { ElementArray, ElementArrayConstructor, Pool } from '@ashlar/core'
import type { BlockMap } from './wad-block-map.ts'
import type { MapData } from './wad-map.ts'

export interface Level {
  readonly name: string
  readonly vertexCount: number
  readonly lineCount: number
  readonly sectorCount: number
  /** x, y of each vertex, in map units. */
  readonly vertices: Float32Array
  /** Start and end vertex of each line. */
  readonly lineVertices: Uint16Array
  /** Right and left sector of each line, -1 for none. */
  readonly lineSectors: Int32Array
  /** BLOCKS_ACTORS and BLOCKS_SHOTS of each line. */
  readonly lineFlags: Uint8Array
  /** Floor, ceiling, light of each sector. */
  readonly sectors: Int16Array
  readonly blockMap: BlockMap
}

export interface OwnedLevel extends Level {
  /** Gives the blocks back; the level must not be used any more. */
  dispose(): void
}

export const BLOCKS_ACTORS = 1
export const BLOCKS_SHOTS = 2

/** Map units; the first two as in the game. */
const STEP_HEIGHT_MAX = 24
const ACTOR_HEIGHT = 56
const SHOT_HEIGHT = 8

/** Bits of a line's flags in the WAD. */
const WAD_BLOCKS_ALL = 1
const WAD_BLOCKS_MONSTERS = 2

type NumberArray = Exclude<ElementArray, BigInt64Array | BigUint64Array>

/** @throws ArenaError 'out-of-memory'; what was allocated until then is given back. */
export function createLevel(pool: Pool, map: MapData): OwnedLevel {
  const offsets: number[] = []
  const dispose = () => {
    for (const offset of offsets.splice(0)) pool.free(offset)
  }
  const copy = <A extends NumberArray>(type: ElementArrayConstructor<A>, values: A): A => {
    const view = pool.allocArray(type, values.length)
    offsets.push(view.byteOffset)
    view.set(values)
    return view
  }
  try {
    const { lines, sectors, blockMap } = map
    return {
      name: map.name,
      vertexCount: map.vertices.length / 2,
      lineCount: lines.count,
      sectorCount: sectors.count,
      vertices: copy(Float32Array, Float32Array.from(map.vertices)),
      lineVertices: copy(Uint16Array, lines.vertices),
      lineSectors: copy(Int32Array, lines.sectors),
      lineFlags: copy(Uint8Array, blockingFlagsOf(map)),
      sectors: copy(Int16Array, sectorRecordsOf(map)),
      blockMap: {
        ...blockMap,
        words: copy(Uint16Array, blockMap.words),
        listStarts: copy(Uint32Array, blockMap.listStarts),
      },
      dispose,
    }
  } catch (error) {
    dispose()
    throw error
  }
}

/** Floors and ceilings do not move here, so that what a line lets through is settled once. */
function blockingFlagsOf({ lines, sectors }: MapData): Uint8Array {
  const flags = new Uint8Array(lines.count)
  for (let line = 0; line < lines.count; line++) {
    const right = lines.sectors[2 * line]
    const left = lines.sectors[2 * line + 1]
    if (left < 0) {
      flags[line] = BLOCKS_ACTORS | BLOCKS_SHOTS
      continue
    }
    const floor = Math.max(sectors.floor[right], sectors.floor[left])
    const opening = Math.min(sectors.ceiling[right], sectors.ceiling[left]) - floor
    const step = Math.abs(sectors.floor[right] - sectors.floor[left])
    const isForbidden = (lines.flags[line] & (WAD_BLOCKS_ALL | WAD_BLOCKS_MONSTERS)) !== 0
    if (isForbidden || opening < ACTOR_HEIGHT || step > STEP_HEIGHT_MAX)
      flags[line] |= BLOCKS_ACTORS
    if (opening < SHOT_HEIGHT) flags[line] |= BLOCKS_SHOTS
  }
  return flags
}

function sectorRecordsOf({ sectors }: MapData): Int16Array {
  const records = new Int16Array(3 * sectors.count)
  for (let i = 0; i < sectors.count; i++) {
    records.set([sectors.floor[i], sectors.ceiling[i], sectors.light[i]], 3 * i)
  }
  return records
}
