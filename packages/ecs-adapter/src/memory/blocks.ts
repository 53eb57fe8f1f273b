/** The blocks that variable-length fields allocate in one thread, and the memory they lie in. */
import type { Pool } from '@ashlar/core'
import { corrupt } from '../base/errors.ts'
import type { Cells } from './cells.ts'

export class Blocks {
  readonly pool: Pool
  readonly cells: Cells
  /** Of the arena: its first byte, and the one behind it. */
  readonly #first: number
  readonly #end: number

  constructor(pool: Pool, cells: Cells) {
    this.pool = pool
    this.cells = cells
    this.#first = pool.arena.byteOffset
    this.#end = this.#first + pool.arena.byteLength
  }

  /**
   * What a word in the arena says may have been overwritten.
   * @throws StorageError 'corrupt' where no block of so many bytes can be
   */
  checkPlace(what: string, offset: number, byteLength: number): void {
    const isAligned = (offset & 15) === 0 && byteLength >= 0
    if (isAligned && offset >= this.#first && offset + byteLength <= this.#end) return
    throw corrupt(`the block of ${what}`, offset, `one in the arena, of ${byteLength} bytes`)
  }
}
