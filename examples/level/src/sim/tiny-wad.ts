// The level of a machine without Freedoom: a handful of rooms, made here; the scene always runs.
//
//      ┌─────────────┐   ┌──────────────┐      hall     pillars; barrels
//      │    attic    ├───┤     cave     │      window   40 up: shots pass, actors do not
//      └───┤window├──┘   └──┤ramp├──────┘      door     shut
//      ┌───┤      ├──┐   ┌──┤    ├──────┐      passage  two steps of 16
//      │             ├───┤              │      ramp     steps of 24, the most for actors
//      │    hall   passage    yard      │
//      │   ▪     ▪   ├───┤       ┌──door┤
//      │   ▪     ▪   │   │       │ cell │
//      └─────────────┘   └───────┴──────┘
import { buildBlockMap } from './wad-block-map.ts'
import type { MapData, MapLines, MapThings } from './wad-map.ts'
import { writeMap, writeWad } from './wad-writer.ts'

export const TINY_MAP_NAME = 'E1M1'

type Corner = readonly [x: number, y: number]

interface Room {
  readonly floor: number
  readonly ceiling: number
  /** Clockwise, so that the room is to the right of its lines. */
  readonly corners: readonly Corner[]
  /** Lower left corners of solid square pillars inside. */
  readonly pillars?: readonly Corner[]
}

const PILLAR_UNITS = 48

// Where rooms touch, both list the corners of the common edge: it becomes a line with two sides.
// biome-ignore format: a table
const ROOMS: readonly Room[] = [
  { floor: 0, ceiling: 160, pillars: [[160, 128], [432, 128], [160, 320], [432, 320]], // hall
    corners: [[0, 0], [0, 640], [192, 640], [384, 640], [640, 640], [640, 448], [640, 320],
      [640, 0]] },
  { floor: 16, ceiling: 128, // passage
    corners: [[640, 320], [640, 448], [768, 448], [768, 320]] },
  { floor: 32, ceiling: 256, pillars: [[960, 416], [1216, 448]], // yard
    corners: [[768, 0], [768, 320], [768, 448], [768, 640], [896, 640], [1024, 640], [1472, 640],
      [1472, 256], [1344, 256], [1216, 256], [1152, 256], [1152, 0]] },
  { floor: 32, ceiling: 32, // door
    corners: [[1216, 224], [1216, 256], [1344, 256], [1344, 224]] },
  { floor: 32, ceiling: 128, // cell
    corners: [[1184, 0], [1184, 224], [1216, 224], [1344, 224], [1440, 224], [1440, 0]] },
  { floor: 56, ceiling: 256, // ramp
    corners: [[896, 640], [896, 704], [1024, 704], [1024, 640]] },
  { floor: 80, ceiling: 208, pillars: [[1056, 864]], // cave
    corners: [[768, 704], [768, 832], [768, 960], [832, 1088], [1152, 1152], [1408, 1024],
      [1472, 832], [1280, 704], [1024, 704], [896, 704]] },
  { floor: 64, ceiling: 160, // bridge
    corners: [[640, 832], [640, 960], [768, 960], [768, 832]] },
  { floor: 48, ceiling: 208, // attic
    corners: [[0, 704], [0, 1088], [640, 1088], [640, 960], [640, 832], [640, 704], [384, 704],
      [192, 704]] },
  { floor: 40, ceiling: 128, // window
    corners: [[192, 640], [192, 704], [384, 704], [384, 640]] },
]

// x, y, degrees, type (see thing-kinds.ts)
// biome-ignore format: a table
const THINGS = [
  [64, 64, 45, 1], [128, 64, 45, 2], [64, 128, 45, 3], [128, 256, 0, 11], [1312, 96, 90, 14],
  [320, 256, 90, 3004], [352, 480, 180, 3004], [560, 80, 135, 9], [96, 560, 315, 3001],
  [848, 96, 90, 3001], [1056, 128, 90, 3001], [1376, 576, 225, 9], [1120, 512, 180, 3002],
  [1312, 352, 270, 65], [1248, 96, 90, 3003], [704, 384, 0, 3004], [1216, 1024, 180, 3005],
  [896, 896, 0, 3002], [960, 1024, 0, 58], [1312, 880, 180, 69], [128, 1000, 270, 66],
  [512, 1000, 270, 3001], [320, 880, 0, 68], [320, 576, 0, 2035], [288, 64, 0, 2035],
  [896, 512, 0, 2035], [1376, 80, 0, 2001], [560, 560, 0, 2048], [832, 224, 0, 2007],
  [1088, 800, 0, 2014], [1152, 960, 0, 2012], [64, 768, 0, 2028], [576, 768, 0, 30],
] as const

/** The bytes of a WAD with one map, TINY_MAP_NAME. */
export function createTinyWad(): Uint8Array {
  return writeWad('PWAD', writeMap(createTinyMap()))
}

function createTinyMap(): MapData {
  const mesh = createMesh()
  const vertices = Int16Array.from(mesh.vertices.flat())
  return {
    name: TINY_MAP_NAME,
    things: createThings(),
    vertices,
    lines: mesh.lines,
    sectors: {
      count: ROOMS.length,
      floor: Int16Array.from(ROOMS, (room) => room.floor),
      ceiling: Int16Array.from(ROOMS, (room) => room.ceiling),
      light: new Int16Array(ROOMS.length).fill(192),
    },
    blockMap: buildBlockMap(vertices, mesh.lines),
  }
}

/** An edge that another room walks the other way round is one line with two sides. */
function createMesh(): { vertices: readonly Corner[]; lines: MapLines } {
  const vertices: Corner[] = []
  const vertexAt = new Map<string, number>()
  const lines = new Map<string, { start: number; end: number; right: number; left: number }>()
  const addVertex = (corner: Corner) => {
    const known = vertexAt.get(`${corner}`)
    if (known !== undefined) return known
    vertexAt.set(`${corner}`, vertices.length)
    return vertices.push(corner) - 1
  }
  const addLoop = (corners: readonly Corner[], room: number) => {
    for (const [i, corner] of corners.entries()) {
      const start = addVertex(corner)
      const end = addVertex(corners[(i + 1) % corners.length])
      const other = lines.get(`${end} ${start}`)
      if (other) other.left = room
      else lines.set(`${start} ${end}`, { start, end, right: room, left: -1 })
    }
  }
  for (const [index, { corners, pillars = [] }] of ROOMS.entries()) {
    addLoop(corners, index)
    for (const pillar of pillars) addLoop(squareAround(pillar), index)
  }
  const all = [...lines.values()]
  return {
    vertices,
    lines: {
      count: all.length,
      vertices: Uint16Array.from(all.flatMap((line) => [line.start, line.end])),
      flags: Uint16Array.from(all, (line) => (line.left < 0 ? 1 : 4)), // blocks all; two-sided
      sectors: Int32Array.from(all.flatMap((line) => [line.right, line.left])),
    },
  }
}

/** Counter-clockwise: the room is outside of the pillar. */
function squareAround([left, bottom]: Corner): Corner[] {
  const right = left + PILLAR_UNITS
  const top = bottom + PILLAR_UNITS
  // biome-ignore format: a square
  return [[left, bottom], [right, bottom], [right, top], [left, top]]
}

function createThings(): MapThings {
  const column = (field: 0 | 1 | 2 | 3) => Int16Array.from(THINGS, (thing) => thing[field])
  return {
    count: THINGS.length,
    x: column(0),
    y: column(1),
    angle: column(2),
    type: column(3),
    flags: new Uint16Array(THINGS.length).fill(7), // on every skill level
  }
}
