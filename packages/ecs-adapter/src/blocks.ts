/** The blocks that variable-length fields allocate in one thread, and the memory they lie in. */
import type { Pool } from '@ashlar/core'
import type { Cells } from './cells.ts'

export class Blocks {
  readonly pool: Pool
  readonly cells: Cells

  constructor(pool: Pool, cells: Cells) {
    this.pool = pool
    this.cells = cells
  }
}
