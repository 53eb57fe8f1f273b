/** What users write for workers: systems, and the context that systems are called with. */
import type { Arena, Pool, Scratch } from '@ashlar/core'
import { invalidArgument } from '../base/errors.ts'
import type { Commands } from '../commands/commands.ts'
import type { AnyComponent } from '../schema/schema.ts'
import type { Table } from '../tables/table.ts'
import type { ChunkRows } from '../tables/table-chunk.ts'

type Components = Readonly<Record<string, AnyComponent>>
type Tables = Readonly<Record<string, Table>>

/**
 * What a system is called with. All calls of systems in one worker get the same object.
 *
 * `C` and `T` are the types of components and tables by name, `{ Position: Component<typeof
 * position> }` and `{ Bullet: Table<typeof bullet> }`, for schemas that main thread and workers
 * import. `A` is what the system takes as arguments: `{ dt: number }`. `N` is the name of the table
 * that the system runs over, if there are several.
 */
export interface SystemContext<
  C = Components,
  T = Tables,
  A = unknown,
  N extends keyof T = keyof T,
> {
  /**
   * The components, by name. Read columns anew in each call, as they may have moved. A name that is
   * no component throws StorageError 'invalid-argument'.
   */
  readonly components: C
  /** The tables of the storage, by name. Rows that a system adds are in chunks of its worker. */
  readonly tables: T
  /**
   * The batch of a run over ids: ids of entities.
   * @throws StorageError 'invalid-argument' in runs over a table or on `EACH_WORKER`
   */
  readonly entities: Int32Array
  /**
   * The batch of a run over a table: some of its chunks. The array is reused when the call returns.
   * @throws StorageError 'invalid-argument' in other runs
   */
  readonly chunks: readonly ChunkOf<T[N]>[]
  /**
   * In a run on `EACH_WORKER`: the place of this worker among the workers of the run, from 0 on.
   * @throws StorageError 'invalid-argument' in other runs
   */
  readonly workerIndex: number
  /** The index that the first element of the batch has among all entities or chunks of the run. */
  readonly from: number
  /** Arguments of the run, as JSON keeps them; undefined if it was called without. */
  readonly args: A
  /**
   * Records changes of structure. They are made when the run is done, before `group.run` resolves,
   * in the order of the entities, whichever worker had them. Temporary ids are valid until the call
   * returns. If a call throws, or its worker dies before the run is done, its commands are dropped.
   */
  readonly commands: Commands<C>
  /** Empty when a call begins. */
  readonly scratch: Scratch
  /** The pool of this worker. */
  readonly pool: Pool
  readonly arena: Arena
  /** The index of an entity in the columns of dense components. */
  indexOf(eid: number): number
}

/** The chunks of a table; if no table is known, any chunk. */
type ChunkOf<T> = [T] extends [never]
  ? ChunkRows
  : T extends { readonly chunks: readonly (infer K)[] }
    ? K
    : never

/** A method, as its parameter is bivariant: so a system may declare the type of `args`. */
interface SystemMethod<C, T, A> {
  call(context: SystemContext<C, T, A>): void
}

/** Works on one batch, while other workers work on others. Has to be done when it returns. */
export type System<C = Components, T = Tables, A = unknown> = SystemMethod<C, T, A>['call']

/** Systems by name, whose components, tables and arguments are not known. */
export type Systems = Readonly<Record<string, System>>

/** Systems by name, of any components, tables and arguments. */
export type AnySystems = Readonly<Record<string, (context: never) => void>>

/** What the system `F` is called with. */
export type ContextOf<F> = [F] extends [(context: infer X) => void] ? X : never

/** The arguments that the system `F` declares; unknown if it declares none. */
export type ArgsOf<F> = ContextOf<F> extends { readonly args: infer A } ? A : unknown

/** Systems as runs call them: by the index of their name. */
export interface CheckedSystems {
  /** Sorted. */
  readonly names: readonly string[]
  readonly functions: readonly System[]
}

/** @throws StorageError 'invalid-argument' */
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
