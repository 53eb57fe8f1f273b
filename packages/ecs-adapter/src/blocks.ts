/** The blocks that variable-length fields allocate in one thread, and the memory they lie in. */
import type { Pool } from '@ashlar/core'
import type { Cells } from './cells.ts'
import { Frees } from './frees.ts'

export class Blocks extends Frees {
  readonly cells: Cells

  constructor(pool: Pool, cells: Cells) {
    super(pool)
    this.cells = cells
  }
}
