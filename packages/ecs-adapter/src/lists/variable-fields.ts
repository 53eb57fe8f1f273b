/**
 * The room of variable-length fields: lists and texts in blocks, found by a column of handle words.
 * A block belongs to one handle word or one prepared value; an interned text counts such owners.
 * `set` writes all of its fields or none: `$prepare` allocates, and `$commit` cannot fail. The room
 * knows bitECS only by `StaleReferences`.
 */
import { Utf8 } from '../base/utf8.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { Field } from '../schema/schema.ts'
import type { Extensions } from '../shared/extensions.ts'
import { InternedTexts } from './interned-texts.ts'
import { ListColumn } from './list-column.ts'
import { internLogsOf, type ListStorage, staleReferencesOf } from './list-extensions.ts'
import { Staging } from './staging.ts'
import { TextColumn } from './text-column.ts'
import { Texts } from './texts.ts'
import type { Rows, VariableColumns } from './variable-column.ts'

/** What the variable-length fields of a storage share in one thread. */
export class VariableMemory {
  readonly views: MemoryViews
  readonly staging: Staging
  readonly utf8 = new Utf8()
  readonly texts: Texts
  readonly internedTexts: InternedTexts

  constructor(views: MemoryViews) {
    this.views = views
    this.staging = new Staging(views.pool.arena.byteLength)
    this.texts = new Texts(views, this.utf8)
    this.internedTexts = new InternedTexts(views, this.utf8)
  }
}

export interface VariableFieldsOptions {
  /** Name of the component, for messages. */
  name: string
  fields: readonly Field[]
  memory: VariableMemory
  rows: Rows
  /** Only in the world's thread. */
  extensions?: Extensions<ListStorage> | undefined
}

export function createVariableColumns(options: VariableFieldsOptions): VariableColumns {
  const { name, fields, memory, rows, extensions } = options
  if (fields.every(({ type }) => type.kind === 'scalar')) return []
  const { views, staging, texts, internedTexts } = memory
  return fields.map(({ name: field, type }) => {
    const column = { name: `${name}.${field}`, views, rows }
    if (type.kind === 'scalar') return undefined
    if (type.kind === 'text') {
      if (type.isInterned) extensions?.of(internLogsOf)
      return new TextColumn(column, type.isInterned ? internedTexts : texts)
    }
    const { element, isWeak } = type
    return new ListColumn(
      column,
      element.array,
      staging,
      isWeak ? extensions?.of(staleReferencesOf) : undefined,
    )
  })
}
