/** What the parts of a component share: its rows, columns and hooks. */
import type { VariableMemory } from '../lists/variable-fields.ts'
import type { Component, Field } from '../schema/schema.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import type { Worlds } from '../world/worlds.ts'

/** Learns when values are read, so that no getter among them moves or frees rows. */
export interface Sets {
  beginSet(): void
  endSet(): void
}

/** The same for all components of a storage. */
export interface StorageContext {
  worlds: Worlds
  memory: VariableMemory
  /** Rows that dense columns begin with. */
  rowCount: number
  /** For lists that drop removed entities. */
  removed: StaleReferences
  sets: Sets
  /** Frees a block that other threads may still read. */
  retire(offset: number): void
  /** Throws while systems of other threads may use what is to move. */
  checkIdle(what: string): void
}

export interface ComponentContext extends StorageContext {
  /** For messages. */
  name: string
  /** What users hold. It gets a property for each field: its column. */
  component: Component
  fields: readonly Field[]
  /** Whether only the entities that have the component have rows. */
  isSparse: boolean
  /** Columns that the storage had before. */
  columnCount: number
}
