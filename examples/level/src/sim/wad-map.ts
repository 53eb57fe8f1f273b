// The lumps of one map as plain typed arrays, every index in them checked.
//
//   THINGS   10 bytes | x, y, angle in degrees, type, flags
//   LINEDEFS 14 bytes | start vertex, end vertex, flags, special, tag, right side, left side
//            |   (0xffff: none)
//   SIDEDEFS 30 bytes | two offsets, three texture names of 8 bytes, sector
//   VERTEXES  4 bytes | x, y
//   SECTORS  26 bytes | floor, ceiling, two texture names of 8 bytes, light, special, tag
//   BLOCKMAP          | see wad-block-map.ts
//
// All fields have 16 bits. SEGS, SSECTORS, NODES and REJECT serve drawing and sight: not read here.
import { findMapLumps, type Wad } from './wad.ts'
import { type BlockMap, buildBlockMap, readBlockMap } from './wad-block-map.ts'
import { WadError } from './wad-error.ts'
import { Records } from './wad-records.ts'

/** Whole map units; a sidedef's index is already replaced by its sector's. */
export interface MapData {
  readonly name: string
  readonly things: MapThings
  /** x, y of each vertex. */
  readonly vertices: Int16Array
  readonly lines: MapLines
  readonly sectors: MapSectors
  readonly blockMap: BlockMap
}

export interface MapThings {
  readonly count: number
  readonly x: Int16Array
  readonly y: Int16Array
  /** Degrees, counter-clockwise, 0 is east. */
  readonly angle: Int16Array
  readonly type: Int16Array
  readonly flags: Uint16Array
}

export interface MapLines {
  readonly count: number
  /** Start and end vertex of each line. */
  readonly vertices: Uint16Array
  readonly flags: Uint16Array
  /** Sector to the right and to the left of each line; the left one is -1 where there is none. */
  readonly sectors: Int32Array
}

export interface MapSectors {
  readonly count: number
  readonly floor: Int16Array
  readonly ceiling: Int16Array
  readonly light: Int16Array
}

const NO_SIDE = 0xffff

/**
 * Reads one map.
 * @throws WadError naming lump and byte offset for whatever is missing, cut short or out of range.
 */
export function readMap(wad: Wad, mapName: string): MapData {
  const lumps = findMapLumps(wad, mapName)
  const records = (name: string, byteLength: number) => new Records(wad, lumps, name, byteLength)
  const things = readThings(records('THINGS', 10))
  const vertices = readVertices(nonEmpty(records('VERTEXES', 4)))
  const sectors = readSectors(nonEmpty(records('SECTORS', 26)))
  const sideSectors = readSideSectors(nonEmpty(records('SIDEDEFS', 30)), sectors.count)
  const lineRecords = nonEmpty(records('LINEDEFS', 14))
  const lines = readLines(lineRecords, vertices.length / 2, sideSectors)
  const blockWords = records('BLOCKMAP', 2)
  // Editors leave the lump empty where a map is too big for its 16-bit offsets: engines build it.
  const blockMap =
    blockWords.count === 0 ? buildBlockMap(vertices, lines) : readBlockMap(blockWords, lines.count)
  return { name: lumps.mapName, things, vertices, lines, sectors, blockMap }
}

function nonEmpty(records: Records): Records {
  if (records.count > 0) return records
  throw new WadError(
    records.lump,
    records.byteOffset,
    'the lump is empty, expected a record or more',
  )
}

function readThings(records: Records): MapThings {
  const { count } = records
  const x = new Int16Array(count)
  const y = new Int16Array(count)
  const angle = new Int16Array(count)
  const type = new Int16Array(count)
  const flags = new Uint16Array(count)
  for (let i = 0; i < count; i++) {
    x[i] = records.i16(i, 0)
    y[i] = records.i16(i, 2)
    angle[i] = records.i16(i, 4)
    type[i] = records.i16(i, 6)
    flags[i] = records.u16(i, 8)
  }
  return { count, x, y, angle, type, flags }
}

function readVertices(records: Records): Int16Array {
  const vertices = new Int16Array(2 * records.count)
  for (let i = 0; i < records.count; i++) {
    vertices[2 * i] = records.i16(i, 0)
    vertices[2 * i + 1] = records.i16(i, 2)
  }
  return vertices
}

function readSectors(records: Records): MapSectors {
  const { count } = records
  const floor = new Int16Array(count)
  const ceiling = new Int16Array(count)
  const light = new Int16Array(count)
  for (let i = 0; i < count; i++) {
    floor[i] = records.i16(i, 0)
    ceiling[i] = records.i16(i, 2)
    light[i] = records.i16(i, 20)
  }
  return { count, floor, ceiling, light }
}

function readSideSectors(records: Records, sectorCount: number): Uint16Array {
  const sectors = new Uint16Array(records.count)
  for (let i = 0; i < records.count; i++) sectors[i] = records.index(i, 28, 'sector', sectorCount)
  return sectors
}

/** Number 65535 ends a list of lines. */
const LINES_MAX = 65_535

function readLines(records: Records, vertexCount: number, sideSectors: Uint16Array): MapLines {
  const { count } = records
  if (count > LINES_MAX) {
    throw new WadError(
      records.lump,
      records.byteOffset,
      `there are ${count} lines, expected at most ${LINES_MAX}: block maps have 16 bits for them`,
    )
  }
  const vertices = new Uint16Array(2 * count)
  const flags = new Uint16Array(count)
  const sectors = new Int32Array(2 * count)
  const sideCount = sideSectors.length
  for (let i = 0; i < count; i++) {
    vertices[2 * i] = records.index(i, 0, 'start vertex', vertexCount)
    vertices[2 * i + 1] = records.index(i, 2, 'end vertex', vertexCount)
    flags[i] = records.u16(i, 4)
    sectors[2 * i] = sideSectors[records.index(i, 10, 'right sidedef', sideCount)]
    const hasLeft = records.u16(i, 12) !== NO_SIDE
    sectors[2 * i + 1] = hasLeft ? sideSectors[records.index(i, 12, 'left sidedef', sideCount)] : -1
  }
  return { count, vertices, flags, sectors }
}
