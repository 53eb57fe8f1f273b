/** What users say of one system of a schedule, checked. */

import { checkOptions } from '../base/arguments.ts'
import { duplicateEntry, invalidArgument, shown } from '../base/errors.ts'
import { type ChunkOptions, checkChunkLength } from '../workers/job.ts'
import type { RunEntities } from '../workers/run-entities.ts'
import { isWildcard, pairToRelation } from '../world/bitecs-internals.ts'
import type { Access } from './access.ts'

/**
 * A component, a tag, a table, a relation, or any other object or name that stands for what systems
 * share. A pair stands for its relation.
 */
export type Accessed = object | string

export interface ScheduleEntry extends ChunkOptions {
  /** One of the group's. */
  readonly system: string
  /** By which the schedule and errors call it, unique; the system's when it is not given. */
  readonly name?: string
  /** Called when the stage begins. Gives what `group.run` takes: the ids of `query`, a table, or `EACH_WORKER`. */
  readonly entities: () => RunEntities
  /**
   * What it reads and does not write, and what it writes; without both, it runs alone. `[]` says that
   * it shares nothing. A name means the component or the table that has it, or both.
   */
  readonly reads?: readonly Accessed[]
  readonly writes?: readonly Accessed[]
  /** Names of systems declared earlier that it waits for, whatever they read and write. */
  readonly after?: readonly string[]
  /** Called when the stage begins. Gives plain values: what JSON can tell. */
  readonly args?: () => unknown
}

/** A component or table of the storage, by its name. */
export type Named = readonly [name: string, object: object]

const KEYS: readonly string[] = [
  'system',
  'name',
  'entities',
  'reads',
  'writes',
  'after',
  'args',
  'chunkLength',
] satisfies (keyof ScheduleEntry)[]

/**
 * @param systems of the group; empty when it has no worker yet
 * @param named components and tables of the storage
 * @throws StorageError 'invalid-argument'
 */
export function checkEntries(
  entries: readonly ScheduleEntry[],
  systems: readonly string[],
  named: readonly Named[],
): Access[] {
  if (!Array.isArray(entries)) throw invalidArgument('the entries', entries, 'an array of systems')
  const places = new Map<string, number>()
  return Array.from(entries, (entry: ScheduleEntry, index) => {
    const what = `entry ${index}`
    checkOptions(what, entry, KEYS)
    checkSystem(what, entry.system, systems)
    checkFunction(
      `${what}: entities`,
      entry.entities,
      'a function that gives ids, as query() does, or a table',
    )
    if (entry.args !== undefined) {
      checkFunction(`${what}: args`, entry.args, 'a function that gives plain values')
    }
    if (entry.chunkLength !== undefined) checkChunkLength(entry.chunkLength)
    const { name = entry.system } = entry
    checkName(`${what}: name`, name)
    const after = checkAfter(`${what}: after`, entry.after, places)
    const other = places.get(name)
    if (other !== undefined) throw duplicateEntry(name, other, index)
    places.set(name, index)
    const reads = checkAccess(`${what}: reads`, entry.reads, named)
    const writes = checkAccess(`${what}: writes`, entry.writes, named)
    return { name, reads, writes, after }
  })
}

function checkSystem(what: string, system: unknown, systems: readonly string[]): void {
  checkName(`${what}: system`, system)
  if (systems.length === 0 || systems.includes(system as string)) return
  throw invalidArgument(`${what}: system`, system, `one of ${systems.join(', ')}`)
}

function checkName(what: string, name: unknown): void {
  if (typeof name === 'string' && name !== '') return
  throw invalidArgument(what, name, 'a string that is not empty')
}

function checkFunction(what: string, given: unknown, expected: string): void {
  if (typeof given !== 'function') throw invalidArgument(what, given, expected)
}

function checkAfter(what: string, after: unknown, places: ReadonlyMap<string, number>): string[] {
  if (after === undefined) return []
  const expected = 'an array of names of entries that stand before it'
  if (!Array.isArray(after)) throw invalidArgument(what, after, expected)
  for (const name of after) {
    if (places.has(name)) continue
    const names = [...places.keys()].map(shown).join(', ')
    throw invalidArgument(
      what,
      name,
      `a name of an entry that stands before it: ${names || 'none'}`,
    )
  }
  return [...after]
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
      return meant.length === 0 ? [one] : meant
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
