// The workloads in tables: rows of a table take the place of the entities of a kind. A table has no
// entities that get or lose a component, so there is no add_remove.
import { Arena, type Pool, verify } from '@ashlar/core'
import { type Chunk, createTable, t } from '@ashlar/ecs-adapter'
import { expect } from '../case.ts'
import type { Prepared } from './workload.ts'

/** Chunks that have at least these columns of int32. */
type Chunks<Names extends string> = readonly Chunk<{ readonly [K in Names]: typeof t.i32 }>[]

export const tables = 'ashlar tables'

const prepareIn: Readonly<Record<string, (pool: Pool) => Prepared>> = {
  packed_5: packed,
  simple_iter: simple,
  entity_cycle: cycle,
}

export const hasTables = (workload: string) => workload in prepareIn

export function prepareTables(workload: string): Prepared {
  const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
  const prepared = prepareIn[workload](arena.openPool())
  return {
    ...prepared,
    check(passCount) {
      prepared.check(passCount)
      expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
    },
  }
}

function doubling(chunks: Chunks<'A' | 'B' | 'C' | 'D' | 'E'>): () => void {
  function doubleA() {
    for (let i = 0; i < chunks.length; i++) {
      const { A, rowCount } = chunks[i]
      for (let row = 0; row < rowCount; row++) A[row] *= 2
    }
  }
  function doubleB() {
    for (let i = 0; i < chunks.length; i++) {
      const { B, rowCount } = chunks[i]
      for (let row = 0; row < rowCount; row++) B[row] *= 2
    }
  }
  function doubleC() {
    for (let i = 0; i < chunks.length; i++) {
      const { C, rowCount } = chunks[i]
      for (let row = 0; row < rowCount; row++) C[row] *= 2
    }
  }
  function doubleD() {
    for (let i = 0; i < chunks.length; i++) {
      const { D, rowCount } = chunks[i]
      for (let row = 0; row < rowCount; row++) D[row] *= 2
    }
  }
  function doubleE() {
    for (let i = 0; i < chunks.length; i++) {
      const { E, rowCount } = chunks[i]
      for (let row = 0; row < rowCount; row++) E[row] *= 2
    }
  }
  return () => {
    doubleA()
    doubleB()
    doubleC()
    doubleD()
    doubleE()
  }
}

function packed(pool: Pool): Prepared {
  const table = createTable(pool, { A: t.i32, B: t.i32, C: t.i32, D: t.i32, E: t.i32 })
  const { chunks } = table
  const pass = doubling(chunks)
  return {
    pass,
    populate(count) {
      for (let i = 0; i < count; i++) table.add()
    },
    check() {
      expect(table.rowCount, 1_000, 'rows')
      const columns = chunks.flatMap(({ A, B, C, D, E, rowCount }) =>
        [A, B, C, D, E].map((column) => column.subarray(0, rowCount)),
      )
      // Other values than 0: what doubles an int32 leaves nothing of it after 32 passes.
      for (const column of columns) column.set(column.map((_, row) => row))
      for (let i = 0; i < 3; i++) pass()
      for (const column of columns) {
        for (const [row, value] of column.entries()) expect(value, row * 8, `row ${row}`)
      }
    },
  }
}

/** A table for each kind of entity. */
function simple(pool: Pool): Prepared {
  const ab = createTable(pool, { A: t.i32, B: t.i32 })
  const abc = createTable(pool, { A: t.i32, B: t.i32, C: t.i32 })
  const abcd = createTable(pool, { A: t.i32, B: t.i32, C: t.i32, D: t.i32 })
  const abce = createTable(pool, { A: t.i32, B: t.i32, C: t.i32, E: t.i32 })
  const withAB: readonly Chunks<'A' | 'B'>[] = [ab.chunks, abc.chunks, abcd.chunks, abce.chunks]
  const withCD: Chunks<'C' | 'D'> = abcd.chunks
  const withCE: Chunks<'C' | 'E'> = abce.chunks
  function swapAB() {
    for (let kind = 0; kind < withAB.length; kind++) {
      const chunks = withAB[kind]
      for (let i = 0; i < chunks.length; i++) {
        const { A, B, rowCount } = chunks[i]
        for (let row = 0; row < rowCount; row++) {
          const value = A[row]
          A[row] = B[row]
          B[row] = value
        }
      }
    }
  }
  function swapCD() {
    for (let i = 0; i < withCD.length; i++) {
      const { C, D, rowCount } = withCD[i]
      for (let row = 0; row < rowCount; row++) {
        const value = C[row]
        C[row] = D[row]
        D[row] = value
      }
    }
  }
  function swapCE() {
    for (let i = 0; i < withCE.length; i++) {
      const { C, E, rowCount } = withCE[i]
      for (let row = 0; row < rowCount; row++) {
        const value = C[row]
        C[row] = E[row]
        E[row] = value
      }
    }
  }
  /** The columns that are swapped, of all tables. */
  const pairs = () => [
    ...withAB.flat().map(({ A, B, rowCount }) => ({ one: A, other: B, rowCount })),
    ...withCD.map(({ C, D, rowCount }) => ({ one: C, other: D, rowCount })),
    ...withCE.map(({ C, E, rowCount }) => ({ one: C, other: E, rowCount })),
  ]
  return {
    pass() {
      swapAB()
      swapCD()
      swapCE()
    },
    populate(count) {
      for (const table of [ab, abc, abcd, abce]) for (let i = 0; i < count; i++) table.add()
      for (const { one, other, rowCount } of pairs()) {
        for (let row = 0; row < rowCount; row++) {
          one[row] = row * 2
          other[row] = row * 2 + 1
        }
      }
    },
    check(passCount) {
      const isSwapped = passCount % 2 === 1
      let seen = 0
      for (const { one, other, rowCount } of pairs()) {
        for (let row = 0; row < rowCount; row++) {
          expect(one[row], row * 2 + (isSwapped ? 1 : 0), `first value of row ${row}`)
          expect(other[row], row * 2 + (isSwapped ? 0 : 1), `second value of row ${row}`)
        }
        seen += rowCount
      }
      expect(seen, 6_000, 'rows of the three systems')
    },
  }
}

/** A table of owners, and one whose rows are spawned and killed. */
function cycle(pool: Pool): Prepared {
  const owners = createTable(pool, { A: t.i32 })
  const spawned = createTable(pool, { B: t.i32 })
  function spawn() {
    const { chunks } = owners
    for (let i = 0; i < chunks.length; i++) {
      const { A, rowCount } = chunks[i]
      for (let row = 0; row < rowCount; row++) {
        const chunk = spawned.chunkWithRoom()
        chunk.B[chunk.addRow()] = A[row]
      }
    }
  }
  function kill() {
    const { ownChunks } = spawned
    for (let i = 0; i < ownChunks.length; i++) {
      const chunk = ownChunks[i]
      for (let row = chunk.rowCount - 1; row >= 0; row--) chunk.removeRow(row)
    }
  }
  return {
    pass() {
      spawn()
      kill()
    },
    populate(count) {
      for (let i = 0; i < count; i++) {
        const chunk = owners.chunkWithRoom()
        chunk.A[chunk.addRow()] = owners.rowCount
      }
    },
    check() {
      const inUse = (column: Int32Array, rowCount: number) => column.subarray(0, rowCount)
      const ofOwners = owners.chunks.flatMap(({ A, rowCount }) => [...inUse(A, rowCount)])
      expect(spawned.rowCount, 0, 'rows with B')
      expect(new Set(ofOwners).size, 1_000, 'distinct values of A')
      spawn()
      const values = spawned.chunks.flatMap(({ B, rowCount }) => [...inUse(B, rowCount)])
      expect(JSON.stringify(values), JSON.stringify(ofOwners), 'values of B')
      kill()
      const chunk = spawned.chunkWithRoom()
      expect(chunk.B[chunk.addRow()], 0, 'value of a row that is added anew')
    },
  }
}
