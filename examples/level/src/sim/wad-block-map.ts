// The block map answers "which lines may be near here": a grid of square blocks, each with a list
// of lines. As 16-bit words:
//
//   0 | x, y of the lower left corner    4 | word index of each block's list, row by row
//   2 | columns, rows                    . | lists: 0, line, line, ..., 0xffff
//
// Blocks may share a list. The words are kept as they are: a list is read in place, to its 0xffff.
import { WadError } from './wad-error.ts'
import type { MapLines } from './wad-map.ts'
import type { Records } from './wad-records.ts'

/** Side of a block in map units, and its logarithm. */
export const BLOCK_UNITS_LOG2 = 7
export const BLOCK_UNITS = 1 << BLOCK_UNITS_LOG2

export const LIST_END = 0xffff

export interface BlockMap {
  readonly originX: number
  readonly originY: number
  readonly columnCount: number
  readonly rowCount: number
  /** Lists of line indices, each ended by LIST_END. */
  readonly words: Uint16Array
  /** Index into `words` of each block's first line, row by row from the lower left. */
  readonly listStarts: Uint32Array
}

const HEADER_WORDS = 4

/** How far editors put the lower left corner outside of the map. */
const MARGIN_UNITS = 8

type LineVertices = Pick<MapLines, 'count' | 'vertices'>

/**
 * Reads the lump. Every list is proved to be inside of it, ended, made of lines that exist, and no
 * longer than the number of lines; each word is looked at a fixed number of times, so that hostile
 * bytes cannot make it slow.
 * @throws WadError
 */
export function readBlockMap(records: Records, lineCount: number): BlockMap {
  const wordCount = records.count
  if (wordCount < HEADER_WORDS) {
    const problem = `${records.byteLength} bytes, expected at least ${2 * HEADER_WORDS} of header`
    throw new WadError(records.lump, records.byteOffset, `${problem}; the lump is truncated`)
  }
  const columnCount = records.u16(2, 0)
  const rowCount = records.u16(3, 0)
  const blockCount = columnCount * rowCount
  const tableEnd = HEADER_WORDS + blockCount
  if (blockCount === 0 || tableEnd >= wordCount) {
    const got = `${columnCount} columns times ${rowCount} rows of blocks in ${wordCount} words`
    const hint = 'expected at least one block, and its list; the lump is truncated or corrupt'
    throw new WadError(records.lump, records.byteOffset + 4, `${got}, ${hint}`)
  }
  const words = new Uint16Array(wordCount)
  for (let i = 0; i < wordCount; i++) words[i] = records.u16(i, 0)
  const listStarts = new Uint32Array(blockCount)
  for (let block = 0; block < blockCount; block++) {
    const start = words[HEADER_WORDS + block]
    if (start < tableEnd || start >= wordCount) {
      records.fail(
        HEADER_WORDS + block,
        0,
        `a list at word ${start}`,
        `${tableEnd} to ${wordCount - 1}`,
      )
    }
    listStarts[block] = start
  }
  // By custom each list starts with a 0 that is no line. Only if all do can it be told from line 0.
  if (listStarts.every((start) => words[start] === 0)) {
    for (let block = 0; block < blockCount; block++) listStarts[block] += 1
  }
  checkLists(records, words, listStarts, lineCount)
  return {
    originX: records.i16(0, 0),
    originY: records.i16(1, 0),
    columnCount,
    rowCount,
    words,
    listStarts,
  }
}

/** Walks backwards, so that for each word it is known how far its list goes on, if it ends. */
function checkLists(records: Records, words: Uint16Array, starts: Uint32Array, lineCount: number) {
  const lengths = new Int32Array(words.length + 1).fill(-1)
  for (let i = words.length - 1; i >= HEADER_WORDS + starts.length; i--) {
    if (words[i] === LIST_END) lengths[i] = 0
    else if (lengths[i + 1] >= 0) lengths[i] = lengths[i + 1] + 1
  }
  for (const start of starts) {
    const length = lengths[start]
    if (length < 0) {
      const first = Math.min(start, words.length - 1)
      records.fail(first, 0, 'a list that never ends', `a ${LIST_END} after its lines`)
    }
    if (length > lineCount) {
      const expected = `at most the map's ${lineCount}, each once`
      records.fail(start, 0, `a list of ${length} lines`, expected)
    }
  }
  const isListed = new Uint8Array(words.length)
  for (const start of starts) {
    for (let i = start; words[i] !== LIST_END && isListed[i] === 0; i++) {
      isListed[i] = 1
      records.index(i, 0, 'line', lineCount)
    }
  }
}

/**
 * Builds the block map of a map that came without. Each line is in the list of every block that it
 * touches, and at times in that of a neighbour: a margin of one unit makes rounding harmless.
 * On all of Freedoom no line is missing that its own block maps have, and 4 % are more.
 */
export function buildBlockMap(vertices: Int16Array, lines: LineVertices): BlockMap {
  const bounds = boundsOf(vertices, lines)
  const columnCount = ((bounds.right - bounds.left) >> BLOCK_UNITS_LOG2) + 1
  const rowCount = ((bounds.top - bounds.bottom) >> BLOCK_UNITS_LOG2) + 1
  const blocks: number[][] = Array.from({ length: columnCount * rowCount }, () => [])
  for (let line = 0; line < lines.count; line++) {
    const start = 2 * lines.vertices[2 * line]
    const end = 2 * lines.vertices[2 * line + 1]
    const x1 = vertices[start] - bounds.left
    const y1 = vertices[start + 1] - bounds.bottom
    const x2 = vertices[end] - bounds.left
    const y2 = vertices[end + 1] - bounds.bottom
    const unitsPerRow = y1 === y2 ? 0 : (x2 - x1) / (y2 - y1)
    const clampX = (x: number) => Math.min(Math.max(x, Math.min(x1, x2)), Math.max(x1, x2))
    const firstRow = (Math.min(y1, y2) - 1) >> BLOCK_UNITS_LOG2
    const lastRow = (Math.max(y1, y2) + 1) >> BLOCK_UNITS_LOG2
    for (let row = Math.max(firstRow, 0); row <= Math.min(lastRow, rowCount - 1); row++) {
      // Where the line enters and leaves this row of blocks; a level line does not leave.
      const bottom = row * BLOCK_UNITS - 1
      const enterX = y1 === y2 ? x1 : clampX(x1 + (bottom - y1) * unitsPerRow)
      const leaveX = y1 === y2 ? x2 : clampX(x1 + (bottom + BLOCK_UNITS + 2 - y1) * unitsPerRow)
      const first = Math.max((Math.min(enterX, leaveX) - 1) >> BLOCK_UNITS_LOG2, 0)
      const last = Math.min((Math.max(enterX, leaveX) + 1) >> BLOCK_UNITS_LOG2, columnCount - 1)
      for (let column = first; column <= last; column++)
        blocks[row * columnCount + column].push(line)
    }
  }
  const listStarts = new Uint32Array(blocks.length)
  let wordCount = 0
  for (const [block, list] of blocks.entries()) {
    listStarts[block] = wordCount
    wordCount += list.length + 1
  }
  const words = new Uint16Array(wordCount).fill(LIST_END)
  for (const [block, list] of blocks.entries()) words.set(list, listStarts[block])
  const origin = { originX: bounds.left, originY: bounds.bottom }
  return { ...origin, columnCount, rowCount, words, listStarts }
}

function boundsOf(vertices: Int16Array, lines: LineVertices) {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < 2 * lines.count; i++) {
    const vertex = 2 * lines.vertices[i]
    left = Math.min(left, vertices[vertex])
    right = Math.max(right, vertices[vertex])
    bottom = Math.min(bottom, vertices[vertex + 1])
    top = Math.max(top, vertices[vertex + 1])
  }
  return { left: left - MARGIN_UNITS, right, bottom: bottom - MARGIN_UNITS, top }
}
