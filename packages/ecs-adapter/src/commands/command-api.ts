/**
 * The interface of commands that callers see: any thread records them, the world's thread applies
 * them.
 */
import type { Component, Values } from '../schema/schema.ts'

/** Values for a component that is named by a string. */
export type Given = Readonly<Record<string, unknown>>

/**
 * Records changes of entities and components until `storage.apply`. A command is checked when it is
 * recorded; its entity is looked up when it is applied. Each method throws StorageError
 * 'invalid-argument', 'commands-disposed', and ArenaError 'out-of-memory'. Then that command is not
 * recorded; earlier commands stay.
 *
 * Components are given as objects or by name. An `eid` is an entity of the world or a result of
 * `spawn`.
 */
export interface Commands {
  /**
   * Adds an entity; with a prefab, an instance of it (by `IsA`).
   * @returns a temporary id, a negative number. Later commands, up to the next `begin`, `clear` or
   * `apply`, take it as an entity, and as a value of `t.eid` fields. It has no meaning elsewhere
   */
  spawn(prefab?: number): number

  /** Removes an entity. */
  despawn(eid: number): void

  /** Adds a component, as bitECS's `addComponent`; with values, does the same as `set`. */
  add<C extends Component>(eid: number, component: C, values?: Values<C>): void
  add(eid: number, component: string, values?: Given): void

  /** Removes a component, as bitECS's `removeComponent`. */
  remove(eid: number, component: Component | string): void

  /**
   * Writes fields of a component, and adds the component if the entity lacks it, as bitECS's
   * `setComponent`. Other fields keep their values; an unknown field is refused. The object is read
   * at once and may be reused.
   */
  set<C extends Component>(eid: number, component: C, values: Values<C>): void
  set(eid: number, component: string, values: Given): void

  /** `set` for one field, without an object and without garbage. */
  setField<C extends Component, K extends keyof C & string>(
    eid: number,
    component: C,
    field: K,
    value: NonNullable<Values<C>[K]>,
  ): void
  setField(eid: number, component: string, field: string, value: unknown): void
}

/** Commands in blocks of a pool. */
export interface CommandBuffer extends Commands {
  /** Byte offset of the first block: for `storage.apply` in another thread. */
  readonly offset: number
  /** Whether there are no commands to apply. */
  readonly isEmpty: boolean

  /**
   * Gives later commands this place. `storage.apply` of several buffers sorts all commands by
   * place. Worker groups call `begin` themselves. The places of one buffer must ascend.
   * @param place a whole number from 0 to 2^31 - 1, such as the index of the first entity of a
   * batch
   */
  begin(place: number): void

  /** Whether a command was recorded since `begin`. */
  readonly hasCommandsSinceBegin: boolean

  /** Drops the commands since `begin`. */
  abort(): void

  /** Drops all commands. */
  clear(): void

  /** Drops all commands and frees the blocks. Call it before the pool is closed. */
  dispose(): void
}
