/** The context that the hooks, the store and the columns of a component share. */
import type { FieldMemory } from '../fields/field-memory.ts'
import type { Component, Field } from '../schema/schema.ts'
import type { Worlds } from '../world/worlds.ts'

/**
 * The calls before and after given values are read. In between, no getter can move or free rows.
 */
export interface Sets {
  beginSet(): void
  endSet(): void
}

/** Records that columns have grown or moved, and reports it to the user. */
export interface Growth {
  /**
   * Records that the typed arrays of a component were replaced.
   * @param movedColumnCount how many of its columns have moved
   */
  note(component: Component, movedColumnCount: number): void
  /**
   * Runs the user's hooks for the recorded growth. The hooks may do anything but sync, reset and
   * dispose of the storage. So no operation may be half done. Then the call reports how much memory
   * waits for a `sync`, if it is much.
   * @param isDue if false, the call usually does nothing. By default: whether growth is recorded
   * @throws the errors that hooks throw
   */
  report(isDue?: boolean): void
}

/** The part of the context that is the same for all components of a storage. */
export interface StorageContext {
  worlds: Worlds
  memory: FieldMemory
  sets: Sets
  growth: Growth
  /** Frees a block when no other thread can read it any more. */
  retire(offset: number): void
  /** Throws while workers run a system. @param what the refused action, for the message */
  checkIdle(what: string): void
}

/** The part of the context that columns need to grow. */
export interface GrowthContext extends Pick<StorageContext, 'memory' | 'retire' | 'checkIdle'> {
  fields: readonly Field[]
  /** Whether the component is sparse: only the entities that have it have rows. */
  isSparse: boolean
  /** How many columns the storage has for the components before this one. */
  columnCount: number
}

export interface ComponentContext extends StorageContext, GrowthContext {
  name: string
  /** How many rows dense columns have at first. */
  rowCount: number
  /** The object that users hold. It gets a property for each field: the column of the field. */
  component: Component
}
