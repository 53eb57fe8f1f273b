/** What the variable-length fields of one storage share, in one thread. */
import type { Pool } from '@ashlar/core'
import { Utf8 } from '../base/utf8.ts'
import { Blocks } from '../memory/blocks.ts'
import type { Cells } from '../memory/cells.ts'
import { InternedTexts } from './interned.ts'
import { Staging } from './staging.ts'
import { Texts } from './texts.ts'

export class VariableMemory {
  readonly cells: Cells
  readonly blocks: Blocks
  readonly staging: Staging
  readonly utf8 = new Utf8()
  readonly texts: Texts
  readonly internedTexts: InternedTexts

  /** @param pool the thread's own: what grows moves into it */
  constructor(pool: Pool, cells: Cells) {
    this.cells = cells
    this.blocks = new Blocks(pool, cells)
    this.staging = new Staging(pool.arena.byteLength)
    this.texts = new Texts(this.blocks, this.utf8)
    this.internedTexts = new InternedTexts(this.blocks, this.utf8)
  }
}
