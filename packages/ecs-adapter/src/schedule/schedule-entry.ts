/** Checks the entries of a schedule, in which users declare what systems access. */
import { checkOptions } from '../base/arguments.ts'
import { duplicateEntry, invalidArgument, misuse, shown } from '../base/errors.ts'
import { nearestOf } from '../base/nearest.ts'
import { type BatchOptions, checkBatchSize } from '../workers/batch-size.ts'
import type { RunEntities } from '../workers/run-input.ts'
import type { AnySystems, ArgsOf, ContextOf, Systems } from '../workers/system.ts'
import { isWildcard, pairToRelation } from '../world/bitecs-internals.ts'
import type { Access } from './parallel-stages.ts'

/**
 * Something that a system reads or writes, as an entry of a schedule declares it:
 *
 * - a component, tag, table or relation. A pair counts as its relation
 * - the name of a component or table of the storage. If a component and a table have the same name,
 *   it stands for both
 * - any object of yours, such as `{ name: 'grid' }`. It stands for something outside of the storage
 */
export type Accessed<N extends string = string> = object | N

/** The names of components and tables in the arguments of the systems. */
type NamesOf<S> = {
  readonly [K in keyof S]: ContextOf<S[K]> extends {
    readonly components: infer C
    readonly tables: infer T
  }
    ? (keyof C | keyof T) & string
    : never
}[keyof S]

/** The same names, or any name if no system declares its arguments. */
type KnownNamesOf<S> = [NamesOf<S>] extends [never] ? string : NamesOf<S>

/** The arguments of an entry, as `ArgumentsFor` of `group.run`. */
type EntryArgs<S, A> = string extends keyof S
  ? { readonly args?: (() => unknown) | undefined }
  : unknown extends A
    ? { readonly args?: undefined }
    : undefined extends A
      ? { readonly args?: () => A }
      : {
          /**
           * A function that returns the arguments, as JSON can hold them. It is called when the
           * stage begins.
           */
          readonly args: () => A
        }

/**
 * An entry of a schedule: which system to run, for which entities, with which arguments, and what
 * the system reads and writes. TypeScript checks `system` and `args` if the group knows the types
 * of its systems.
 */
export type ScheduleEntry<S extends AnySystems = Systems> = {
  readonly [K in keyof S & string]: SystemEntry<K, KnownNamesOf<S>> & EntryArgs<S, ArgsOf<S[K]>>
}[keyof S & string]

interface SystemEntry<K extends string, N extends string> extends BatchOptions {
  /** The name of the system in the group. */
  readonly system: K
  /**
   * The name of the entry in the schedule and in errors. It must be unique. Default: the name of
   * the system.
   */
  readonly name?: string
  /**
   * A function that returns what `group.run` takes: ids, a table, or `EACH_WORKER`. It is called
   * when the stage begins.
   */
  readonly entities: () => RunEntities
  /**
   * What the system reads but does not write. If an entry has neither `reads` nor `writes`, its
   * system runs alone. `reads: []` says that the system shares nothing.
   */
  readonly reads?: readonly Accessed<N>[]
  /** What the system writes. */
  readonly writes?: readonly Accessed<N>[]
  /** The names of earlier entries to wait for, whatever they read and write. */
  readonly after?: readonly string[]
}

/** The name of a component or table of the storage, and the component or table itself. */
export type Named = readonly [name: string, object: object]

const KEYS: readonly (keyof ScheduleEntry)[] = [
  'system',
  'name',
  'entities',
  'reads',
  'writes',
  'after',
  'args',
  'batchSize',
]

/**
 * Checks the entries of a schedule, and reads each declaration.
 * @param systems names of the group's systems; empty if it has no worker yet
 * @param named components and tables of the storage
 * @throws StorageError 'invalid-argument' if an entry is wrong
 */
export function checkEntries(
  entries: readonly ScheduleEntry[],
  systems: readonly string[],
  named: readonly Named[],
): Access[] {
  if (!Array.isArray(entries)) throw invalidArgument('the entries', entries, 'an array of systems')
  const names: string[] = []
  return Array.from(entries, (entry: ScheduleEntry, index) => {
    const what = `entry ${index}`
    checkOptions(what, entry, KEYS)
    const { system, name = system, entities, args, batchSize, after = [] } = entry
    checkName(`${what}: system`, system)
    if (systems.length > 0 && !systems.includes(system)) {
      throw noSuchSystem(what, system, systems)
    }
    if (typeof entities !== 'function') {
      const expected = 'a function that gives ids, as query() does, or a table'
      throw invalidArgument(`${what}: entities`, entities, expected)
    }
    if (args !== undefined && typeof args !== 'function') {
      throw invalidArgument(`${what}: args`, args, 'a function that gives plain values')
    }
    if (batchSize !== undefined) checkBatchSize(batchSize)
    checkName(`${what}: name`, name)
    checkAfter(`${what}: after`, after, names)
    if (names.includes(name)) throw duplicateEntry(name, names.indexOf(name), index)
    names.push(name)
    const reads = checkAccess(`${what}: reads`, entry.reads, named)
    const writes = checkAccess(`${what}: writes`, entry.writes, named)
    return { name, reads, writes, after: [...after] }
  })
}

function checkName(what: string, name: unknown): void {
  if (typeof name === 'string' && name !== '') return
  throw invalidArgument(what, name, 'a string that is not empty')
}

function checkAfter(what: string, after: unknown, names: readonly string[]): void {
  const expected = `names of earlier entries in an array: ${names.map(shown).join(', ') || 'none'}`
  if (!Array.isArray(after)) throw invalidArgument(what, after, expected)
  for (const name of after) if (!names.includes(name)) throw invalidArgument(what, name, expected)
}

function checkAccess(
  what: string,
  accessed: readonly Accessed[] | undefined,
  named: readonly Named[],
): Accessed[] | undefined {
  if (accessed === undefined) return undefined
  if (!Array.isArray(accessed)) {
    throw invalidArgument(what, accessed, 'an array of components, tables or names')
  }
  const all = Array.from(accessed).flatMap((one: unknown): Accessed[] => {
    if (typeof one === 'string' && one !== '') {
      const meant = named.filter(([name]) => name === one).map(([, object]) => object)
      if (meant.length === 0) throw noSuchName(what, one, named)
      return meant
    }
    if ((typeof one !== 'object' || one === null) && typeof one !== 'function') {
      throw invalidArgument(`${what}: one`, one, 'a component, a table, another object, or a name')
    }
    const object = pairToRelation(one)
    if (isWildcard(object)) {
      throw invalidArgument(`${what}: one`, 'Wildcard', 'the relations that it stands for')
    }
    return [object]
  })
  return [...new Set(all)]
}

const noSuchSystem = (what: string, name: string, names: readonly string[]) =>
  misuse(`${what}: no system of the group is called ${shown(name)}. ${nearestOf(name, names)}`)

const noSuchName = (what: string, name: string, named: readonly Named[]) => {
  const nearest = nearestOf(name, [...new Set(named.map(([other]) => other))])
  return misuse(
    `${what}: no component or table of the storage is called ${shown(name)}. ${nearest}. For ` +
      `something outside the storage, give an object, such as { name: ${shown(name)} }`,
  )
}
