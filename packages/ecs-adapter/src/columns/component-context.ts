/** What the hooks, the store and the columns of a component share. */
import type { FieldMemory } from '../fields/field-memory.ts'
import type { Component, Field } from '../schema/schema.ts'
import type { Worlds } from '../world/worlds.ts'

/** Called before and after given values are read: in between, no getter can move or free rows. */
export interface Sets {
  beginSet(): void
  endSet(): void
}

/** Learns when columns grow or move. */
export interface Growth {
  /** The typed arrays of a component are other ones now, of which some have moved. */
  note(component: Component, movedColumnCount: number): void
  /**
   * Runs the user's hooks for what was noted. These may do anything but sync, reset and dispose of
   * the storage: so nothing may be half done. Then says what waits for a `sync`, if that is much.
   * @param isDue false: does nothing, usually. By default, whether something was noted
   * @throws what hooks throw
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
  /** Throws while workers run a system. @param what for the message: what cannot be done */
  checkIdle(what: string): void
}

/** What columns need to grow. */
export interface GrowthContext extends Pick<StorageContext, 'memory' | 'retire' | 'checkIdle'> {
  fields: readonly Field[]
  /** Whether only the entities that have the component have rows. */
  isSparse: boolean
  /** How many columns the components before this one have. */
  columnCount: number
}

export interface ComponentContext extends StorageContext, GrowthContext {
  name: string
  /** How many rows dense columns have at first. */
  rowCount: number
  /** The object that users hold. It gets a property for each field: the column of the field. */
  component: Component
}
