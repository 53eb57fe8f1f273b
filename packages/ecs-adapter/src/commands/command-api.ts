/** Commands, as callers see them: changes of structure that any thread writes down for the world's. */
import type { Component, Values } from '../schema/schema.ts'

/** Values of a component that is named by a string. */
export type Given = Readonly<Record<string, unknown>>

/**
 * Commands for a world, kept until `storage.apply`. Each is checked when it is
 * given; entities are looked for when it is applied. All throw StorageError 'invalid-argument',
 * 'commands-disposed', and ArenaError 'out-of-memory', and then the command is not there; the others
 * are.
 *
 * Components are named by object or by name. An `eid` is one of the world, or what `spawn` gave.
 */
export interface Commands {
  /**
   * A new entity; as an instance of a prefab (by `IsA`), if one is given.
   * @returns a temporary id, a negative number. Commands that follow, up to the next `begin`, `clear`
   * or `apply`, take it for an entity, and for a value of fields of `t.eid`. It means nothing elsewhere
   */
  spawn(prefab?: number): number

  /** Removes an entity. */
  despawn(eid: number): void

  /** Adds a component, as bitECS's `addComponent`, with values if they are given: as `set` takes them. */
  add<C extends Component>(eid: number, component: C, values?: Values<C>): void
  add(eid: number, component: string, values?: Given): void

  /** Removes a component, as bitECS's `removeComponent`. */
  remove(eid: number, component: Component | string): void

  /**
   * Writes fields of a component, and adds it where it is not, as bitECS's `setComponent`. Fields that
   * are not given keep their value; one that the component has not is refused. The object is read at once,
   * and may be used again.
   */
  set<C extends Component>(eid: number, component: C, values: Values<C>): void
  set(eid: number, component: string, values: Given): void

  /** `set` of one field, without an object: makes no garbage. */
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
  /** Whether there is none to apply. */
  readonly isEmpty: boolean

  /**
   * What follows has this place among the commands of several buffers: `storage.apply` of all of them
   * goes by place, whoever wrote what. Worker groups do it by themselves. Places of a buffer ascend.
   * @param place a whole number from 0 to 2^31 - 1; where the entities begin that are worked on, say
   */
  begin(place: number): void

  /** Whether something was written since `begin`. */
  readonly hasCommandsSinceBegin: boolean

  /** Takes back what was written since `begin`. */
  abort(): void

  /** Drops all commands. */
  clear(): void

  /** Drops all commands, and frees the blocks; before the pool is closed. Again: does nothing. */
  dispose(): void
}
