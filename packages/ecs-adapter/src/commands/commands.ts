/**
 * The methods of a command buffer that systems and observers see, with the types of their
 * components.
 */
import type { AnyComponent, Values } from '../schema/schema.ts'

/** Values by field name, for a component whose fields are unknown. */
export type GivenFields = Readonly<Record<string, unknown>>

/**
 * A component, or its name. This is one type, so that a compile error names the wrong field or
 * name.
 */
export type Key<C> = (keyof C & string) | AnyComponent
/** The same as `Values`, but a field may be undefined: it then counts as not given. */
type Given<X> = { readonly [K in keyof Values<X>]?: Values<X>[K] | undefined }
type ValuesOf<X> = string extends keyof X ? GivenFields : Given<X>
export type ValuesFor<C, K> = K extends keyof C & string ? ValuesOf<C[K]> : Given<K>

/**
 * Records changes of entities and components, which are applied later. Systems get such an object
 * as `commands`. A command is checked when you record it. Its entity is looked up when the command
 * is applied.
 *
 * You can pass a component, or its name. An `eid` is the id of an entity, or what `spawn` returned.
 * `C` is the type of the components by name.
 *
 * If a method throws, its command is not recorded, and earlier commands stay.
 * @throws StorageError 'invalid-argument', 'commands-disposed'; ArenaError 'out-of-memory'
 */
export interface Commands<C = Readonly<Record<string, AnyComponent>>> {
  /**
   * Adds an entity. If you pass a prefab, the entity is an instance of it.
   * @returns a temporary id: a negative number. Later commands take it as an entity, and as a value
   * of `t.eid` fields, until `begin`, `clear` or `applyCommands` is called. In a system, it is
   * valid until the system returns
   */
  spawn(prefab?: number): number
  /** Removes an entity. */
  despawn(eid: number): void
  /** Adds a component, like `addComponent` of bitECS. With values, it does the same as `set`. */
  add<K extends Key<C>>(eid: number, component: K, values?: ValuesFor<C, K>): void
  /** Removes a component, like `removeComponent` of bitECS. */
  remove(eid: number, component: Key<C>): void
  /**
   * Writes fields of a component, like `setComponent` of bitECS. If the entity lacks the component,
   * it gets it. Fields that you leave out keep their values. A field that the component does not
   * have throws 'invalid-argument'. The values are copied at once, so you may reuse their object.
   */
  set<K extends Key<C>>(eid: number, component: K, values: ValuesFor<C, K>): void
}
