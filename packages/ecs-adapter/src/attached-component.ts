/** What an attached thread has for a component: the columns of another one's storage. */
import type { ComponentEntry } from './directory.ts'
import type { Rows } from './handles.ts'
import type { Component } from './schema.ts'
import { createVariableField, type VariableField } from './variable-field.ts'
import type { VariableMemory } from './variable-memory.ts'

export class AttachedComponent {
  /** What users hold. */
  readonly component: Component = {}
  /** By field; undefined where that is a scalar. */
  readonly #variable: readonly (VariableField | undefined)[]

  /** @param memory of this thread: what grows moves into it */
  constructor({ name, fields }: ComponentEntry, memory: VariableMemory, rows: Rows) {
    this.#variable = fields.map((field) =>
      createVariableField(field.type, { name: `${name}.${field.name}`, memory, rows }),
    )
  }

  /**
   * Makes the columns those of an entry. As `Columns` has it in the world's thread: nobody overwrites
   * them, and the object stays fast.
   */
  follow({ fields, byteOffsets, rowCount }: ComponentEntry, buffer: ArrayBufferLike): void {
    for (const [field, { name, type }] of fields.entries()) {
      const byteOffset = byteOffsets[field]
      const variable = this.#variable[field]
      variable?.handles.bind(byteOffset / 4, rowCount)
      const value =
        type.kind === 'scalar' ? new type.array(buffer, byteOffset, rowCount) : variable?.column
      const attributes = { configurable: true, enumerable: true, writable: false }
      Object.defineProperty(this.component, name, { value, ...attributes })
    }
  }
}
