// The inverse of wad.ts and wad-map.ts: MapData to lumps, lumps to the bytes of a WAD.
import { WAD_ENTRY_BYTE_LENGTH, WAD_HEADER_BYTE_LENGTH } from './wad.ts'
import type { BlockMap } from './wad-block-map.ts'
import type { MapData } from './wad-map.ts'

export interface LumpBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Header, the lumps in their order, then the directory. */
export function writeWad(kind: 'IWAD' | 'PWAD', lumps: readonly LumpBytes[]): Uint8Array {
  const lumpsByteLength = lumps.reduce((sum, lump) => sum + lump.bytes.length, 0)
  const directoryByteOffset = WAD_HEADER_BYTE_LENGTH + lumpsByteLength
  const bytes = new Uint8Array(directoryByteOffset + lumps.length * WAD_ENTRY_BYTE_LENGTH)
  const view = new DataView(bytes.buffer)
  writeName(bytes, 0, kind)
  view.setInt32(4, lumps.length, true)
  view.setInt32(8, directoryByteOffset, true)
  let byteOffset = WAD_HEADER_BYTE_LENGTH
  let entryByteOffset = directoryByteOffset
  for (const lump of lumps) {
    bytes.set(lump.bytes, byteOffset)
    view.setInt32(entryByteOffset, byteOffset, true)
    view.setInt32(entryByteOffset + 4, lump.bytes.length, true)
    writeName(bytes, entryByteOffset + 8, lump.name)
    byteOffset += lump.bytes.length
    entryByteOffset += WAD_ENTRY_BYTE_LENGTH
  }
  return bytes
}

/** The marker and the lumps of a map, in the order that the game expects. */
export function writeMap(map: MapData): LumpBytes[] {
  const { lines } = map
  let sideCount = 0
  const sides: number[] = []
  const lineRecord = (line: number) => {
    const [right, left] = [lines.sectors[2 * line], lines.sectors[2 * line + 1]]
    sides.push(right)
    if (left >= 0) sides.push(left)
    const rightSide = sideCount++
    const leftSide = left >= 0 ? sideCount++ : 0xffff
    const [start, end] = [lines.vertices[2 * line], lines.vertices[2 * line + 1]]
    return [start, end, lines.flags[line], 0, 0, rightSide, leftSide]
  }
  const { things, vertices, sectors } = map
  const thingRecord = (i: number) => [
    things.x[i],
    things.y[i],
    things.angle[i],
    things.type[i],
    things.flags[i],
  ]
  const sectorRecord = (i: number) => [
    ...[sectors.floor[i], sectors.ceiling[i]],
    ...texture('FLOOR0_1'),
    ...texture('CEIL1_1'),
    ...[sectors.light[i], 0, 0],
  ]
  const lineWords = records(lines.count, lineRecord)
  const wall = [...texture('-'), ...texture('-'), ...texture('STARTAN2')]
  return [
    { name: map.name, bytes: new Uint8Array(0) },
    { name: 'THINGS', bytes: toBytes(records(things.count, thingRecord)) },
    { name: 'LINEDEFS', bytes: toBytes(lineWords) },
    { name: 'SIDEDEFS', bytes: toBytes(records(sideCount, (i) => [0, 0, ...wall, sides[i]])) },
    { name: 'VERTEXES', bytes: toBytes([...vertices]) },
    { name: 'SECTORS', bytes: toBytes(records(sectors.count, sectorRecord)) },
    { name: 'BLOCKMAP', bytes: toBytes(blockMapWords(map.blockMap)) },
  ]
}

function records(count: number, record: (index: number) => number[]): number[] {
  return Array.from({ length: count }, (_, index) => record(index)).flat()
}

/** Puts the customary 0 before each list; blocks without lines share one. */
function blockMapWords(blockMap: BlockMap): number[] {
  const { originX, originY, columnCount, rowCount, words, listStarts } = blockMap
  const header = [originX, originY, columnCount, rowCount]
  const emptyListAt = header.length + listStarts.length
  const table: number[] = []
  const lists = [0, 0xffff]
  for (const start of listStarts) {
    const list = words.subarray(start, words.indexOf(0xffff, start) + 1)
    table.push(list.length === 1 ? emptyListAt : emptyListAt + lists.length)
    if (list.length > 1) lists.push(0, ...list)
  }
  return [...header, ...table, ...lists]
}

/** Eight characters as four words. */
function texture(name: string): number[] {
  const code = (i: number) => (i < name.length ? name.charCodeAt(i) : 0)
  return [0, 2, 4, 6].map((i) => code(i) | (code(i + 1) << 8))
}

function toBytes(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * words.length)
  const view = new DataView(bytes.buffer)
  for (const [index, word] of words.entries()) view.setUint16(2 * index, word, true)
  return bytes
}

function writeName(bytes: Uint8Array, byteOffset: number, name: string) {
  for (let i = 0; i < name.length; i++) bytes[byteOffset + i] = name.charCodeAt(i)
}
