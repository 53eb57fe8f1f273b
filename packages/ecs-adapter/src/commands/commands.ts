/** What systems and observers see of a command buffer, with the types of their components. */
import type { AnyComponent, Values } from '../schema/schema.ts'

/** Values by field, for a component of unknown fields. */
export type GivenFields = Readonly<Record<string, unknown>>

/** A component, or its name: one type, so that an error names the field or the name at fault. */
export type Key<C> = (keyof C & string) | AnyComponent
/** As `Values`; a field that is undefined is not given. */
type Given<X> = { readonly [K in keyof Values<X>]?: Values<X>[K] | undefined }
type ValuesOf<X> = string extends keyof X ? GivenFields : Given<X>
export type ValuesFor<C, K> = K extends keyof C & string ? ValuesOf<C[K]> : Given<K>

/**
 * Records changes of entities and components until `applyCommands`. A command is checked when it is
 * recorded; its entity is looked up when it is applied. Each method may throw StorageError
 * 'invalid-argument', 'commands-disposed', and ArenaError 'out-of-memory': then its command is not
 * recorded, and earlier commands stay.
 *
 * Components are given by name or as objects. An `eid` is an entity of the world or a result of
 * `spawn`. `C` is the type of the components, by name.
 */
export interface Commands<C = Readonly<Record<string, AnyComponent>>> {
  /**
   * Adds an entity; with a prefab, an instance of it (by `IsA`).
   * @returns a temporary id, a negative number. Commands up to the next `begin`, `clear` or
   * `applyCommands` take the id as an entity, and as a value of `t.eid` fields. The id has no
   * meaning elsewhere
   */
  spawn(prefab?: number): number
  /** Removes an entity. */
  despawn(eid: number): void
  /** Adds a component, as bitECS's `addComponent`; with values, does the same as `set`. */
  add<K extends Key<C>>(eid: number, component: K, values?: ValuesFor<C, K>): void
  /** Removes a component, as bitECS's `removeComponent`. */
  remove(eid: number, component: Key<C>): void
  /**
   * Writes fields of a component, and adds the component if the entity lacks it, as bitECS's
   * `setComponent`. Other fields keep their values; an unknown field is refused. `values` is read
   * at once and may be reused.
   */
  set<K extends Key<C>>(eid: number, component: K, values: ValuesFor<C, K>): void
}
