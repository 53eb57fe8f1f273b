/** Checks the seed, block and owner of each chunk number of a table, and the ids of each chunk. */
import { readRoot } from '../tables/attach-table.ts'
import type { Table } from '../tables/table.ts'
import { TableChunk } from '../tables/table-chunk.ts'
import { CHUNK_ROW_COUNT, type TableLayout } from '../tables/table-layout.ts'
import {
  entryWord,
  generationOfOwner,
  ownerOf,
  ownerWord,
  seedWord,
  slotOfOwner,
} from '../tables/table-root.ts'
import type { Findings } from './findings.ts'

export function checkTable(findings: Findings, table: Table): void {
  const { handle, name } = table
  const root = handle.offset >> 2
  findings.check('table', `table ${JSON.stringify(name)}`, () => {
    if (!findings.reach(handle.offset, ', its root')) return
    const layout = readRoot(findings.pool, handle)
    findings.expect(handle.offset, 'the name', layout.name, name)
    findings.expect(handle.offset, 'chunks of', layout.chunkCapacity, table.chunkCapacity)
    for (let number = 0; number < layout.chunkLimit; number++) {
      checkNumber(findings, table, layout, root, number)
    }
  })
}

function checkNumber(
  findings: Findings,
  table: Table,
  layout: TableLayout,
  root: number,
  number: number,
): void {
  const { words } = findings
  const where = `, chunk ${number}`
  const offset = words[root + entryWord(number)]
  const seed = words[root + seedWord(number)]
  if (seed < 0 || seed > layout.lastGeneration) {
    findings.fail(root * 4, `first generation ${seed}`, `0 to ${layout.lastGeneration}`, where)
  }
  const owner = words[root + ownerWord(number)]
  const own = table.ownChunks.find((chunk) => chunk.number === number)
  if (own instanceof TableChunk && (own.$offset !== offset || owner !== self(findings))) {
    const expected = `block ${own.$offset} and owner ${self(findings)}`
    findings.fail(root * 4, `block ${offset} and owner ${owner}`, expected, where)
  }
  if (offset === 0) return
  if (own === undefined && owner === self(findings)) {
    findings.fail(root * 4, 'this thread as its owner', 'another one', where)
  }
  if (!isOwner(findings, owner)) {
    findings.fail(root * 4, `owner ${owner}`, 'a pool of the arena', where)
  }
  const { chunkByteLength: byteLength } = layout
  const block = findings.reach(offset, where, { byteLength, type: 'untyped' })
  if (block?.byteLength === byteLength) checkChunk(findings, layout, offset, number, where)
}

const self = ({ pool }: Findings) => ownerOf(pool)

/** Returns whether the arena has the slot of an owner. The pool of the slot may be closed. */
function isOwner({ pool }: Findings, owner: number): boolean {
  try {
    pool.arena.isOpen(slotOfOwner(owner), generationOfOwner(owner))
    return true
  } catch {
    return false
  }
}

function checkChunk(
  findings: Findings,
  layout: TableLayout,
  offset: number,
  number: number,
  where: string,
): void {
  const { words } = findings
  const { chunkCapacity, generationStep, slotBits, slotMask, lastGeneration } = layout
  const rowCount = words[(offset >> 2) + CHUNK_ROW_COUNT]
  if (rowCount < 0 || rowCount > chunkCapacity) {
    findings.fail(offset, `${rowCount} rows`, `0 to ${chunkCapacity}`, where)
  }
  const rowBySlot = new Uint16Array(words.buffer, offset + layout.rowsByteOffset, chunkCapacity)
  for (let row = 0; row < chunkCapacity; row++) {
    const id = words[((offset + layout.idsByteOffset) >> 2) + row]
    const slot = id & slotMask
    const generation = Math.floor(id / generationStep)
    const isOfChunk = (id & (generationStep - 1)) >> slotBits === number && slot < chunkCapacity
    if (!isOfChunk || generation < 1 || generation > lastGeneration) {
      findings.fail(offset, `id ${id} in row ${row}`, `one of chunk ${number}`, where)
    } else if (rowBySlot[slot] !== row) {
      findings.fail(offset, `row ${rowBySlot[slot]} for id ${id}`, `row ${row}`, where)
    }
  }
}
