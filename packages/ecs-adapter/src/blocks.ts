/** The blocks that variable-length fields allocate in one thread, and the memory they lie in. */
import type { Pool } from '@ashlar/core'
import type { Cells } from './cells.ts'
import { Frees } from './frees.ts'

export class Blocks extends Frees {
  readonly cells: Cells
  /** Of the arena: its first byte, and the one behind it. */
  readonly #first: number
  readonly #end: number

  constructor(pool: Pool, cells: Cells) {
    super(pool)
    this.cells = cells
    this.#first = pool.arena.byteOffset
    this.#end = this.#first + pool.arena.byteLength
  }

  /** Whether a block of so many bytes can be here: what a word in the arena says may have been overwritten. */
  canBeAt(offset: number, byteLength: number): boolean {
    if (offset < this.#first || (offset & 15) !== 0) return false
    return byteLength >= 0 && offset + byteLength <= this.#end
  }
}
