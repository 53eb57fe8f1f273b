/** The types for code that users write for workers: systems, and their context. */
import type { Arena, Pool, Scratch } from '@ashlar/core'
import { invalidArgument } from '../base/errors.ts'
import type { Commands } from '../commands/commands.ts'
import type { AnyComponent } from '../schema/schema.ts'
import type { Table } from '../tables/table.ts'
import type { ChunkRows } from '../tables/table-chunk.ts'

type Components = Readonly<Record<string, AnyComponent>>
type Tables = Readonly<Record<string, Table>>

/**
 * What a system is called with. All calls in one worker get the same object, so do not keep it.
 *
 * - `C` and `T` are the types of the components and tables by name, such as
 *   `{ Position: Component<typeof position> }` and `{ Bullet: Table<typeof bullet> }`. Import their
 *   schemas in the main thread and in the workers.
 * - `A` is the type of the arguments, such as `{ dt: number }`.
 * - `N` is the name of the table that the system runs over, if `T` has several.
 */
export interface SystemContext<
  C = Components,
  T = Tables,
  A = unknown,
  N extends keyof T = keyof T,
> {
  /**
   * The components by name. Read their columns again in each call, because they may have moved. A
   * name that is not there throws StorageError 'invalid-argument'.
   */
  readonly components: C
  /** The tables of the storage by name. Rows that a system adds are in chunks of its worker. */
  readonly tables: T
  /**
   * The entity ids of this batch, in a run over ids.
   * @throws StorageError 'invalid-argument' in a run over a table or on `EACH_WORKER`
   */
  readonly entities: Int32Array
  /**
   * The chunks of this batch, in a run over a table. The array is reused after the call.
   * @throws StorageError 'invalid-argument' in a run over ids or on `EACH_WORKER`
   */
  readonly chunks: readonly ChunkOf<T[N]>[]
  /**
   * The index of this worker among the workers of the run, from 0 on, in a run on `EACH_WORKER`.
   * @throws StorageError 'invalid-argument' in a run over ids or over a table
   */
  readonly workerIndex: number
  /**
   * The index of the first element of this batch among all elements of the run: ids, chunks or
   * workers.
   */
  readonly from: number
  /** The arguments of the run, as JSON keeps them. It is undefined if the run was given none. */
  readonly args: A
  /**
   * Records changes of entities and components. They are applied when the run is done, before
   * `group.run` resolves: in the order of the entities, whichever worker had them. Temporary ids
   * are valid until the system returns. If the system throws, the commands of this call are
   * dropped. If the worker dies before the run is done, all its commands are dropped.
   */
  readonly commands: Commands<C>
  /** Memory for this call. It is empty when the call begins. */
  readonly scratch: Scratch
  /** The pool of this worker. */
  readonly pool: Pool
  /** The arena of the storage. */
  readonly arena: Arena
  /**
   * Returns the index of an entity in columns. For a sparse component, call `rows.indexOf(eid)`
   * instead.
   * @throws StorageError 'invalid-argument'
   */
  indexOf(eid: number): number
}

/** The chunks of a table. If no table is known, any chunk. */
type ChunkOf<T> = [T] extends [never]
  ? ChunkRows
  : T extends { readonly chunks: readonly (infer K)[] }
    ? K
    : never

/**
 * A method type, because its parameter is bivariant: so a system may declare the type of `args`.
 */
interface SystemMethod<C, T, A> {
  call(context: SystemContext<C, T, A>): void
}

/**
 * A function that works on one batch of a run, while other workers work on other batches. It must
 * finish its work before it returns: it cannot be async.
 */
export type System<C = Components, T = Tables, A = unknown> = SystemMethod<C, T, A>['call']

/** Systems by name, which may use any components, tables and arguments. */
export type Systems = Readonly<Record<string, System>>

/** Systems by name, each with types of its own for components, tables and arguments. */
export type AnySystems = Readonly<Record<string, (context: never) => void>>

/** The context type that the system `F` declares. */
export type ContextOf<F> = [F] extends [(context: infer X) => void] ? X : never

/** The arguments that the system `F` declares; unknown if it declares none. */
export type ArgsOf<F> = ContextOf<F> extends { readonly args: infer A } ? A : unknown

/** Checked systems, which runs call by the index of their name. */
export interface CheckedSystems {
  /** The names in ascending order. */
  readonly names: readonly string[]
  readonly functions: readonly System[]
}

/**
 * Checks an object of systems, and sorts them.
 * @throws StorageError 'invalid-argument' if it has anything but functions by name
 */
export function checkSystems(systems: unknown): CheckedSystems {
  const isObject = typeof systems === 'object' && systems !== null
  const entries: [string, unknown][] = isObject ? Object.entries(systems) : []
  if (entries.length === 0) {
    throw invalidArgument('the systems', systems, 'an object of functions, by their names')
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  const names = entries.map(([name]) => name)
  const functions = entries.map(([name, system]) => {
    if (typeof system !== 'function') throw invalidArgument(`system ${name}`, system, 'a function')
    return system as System
  })
  return { names, functions }
}
