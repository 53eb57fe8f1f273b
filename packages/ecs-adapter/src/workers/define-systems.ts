/**
 * Keeps the systems that a module declares once for workers and for the thread that runs groups.
 */
import { shown } from '../base/errors.ts'
import type { AnyComponent } from '../schema/schema.ts'
import { type CheckedSystems, checkSystems, type System } from './system.ts'

/** The systems that this thread has defined. Systems with the same names replace earlier ones. */
const defined = new Map<string, CheckedSystems>()

/**
 * Declares systems, in a module that the main thread and the workers import. Workers pass the
 * result to `joinWorkerGroup`. A group without workers runs the systems in its own thread. From the
 * type of the result, groups and schedules know the names of the systems, and their arguments.
 *
 * ```ts
 * export const systems = defineSystems<Components, Tables>()({
 *   move({ components, entities, args }: SystemContext<Components, Tables, { dt: number }>) {
 *     const { Position, Velocity } = components
 *     for (const eid of entities) Position.x[eid] += Velocity.x[eid] * args.dt
 *   },
 *   think({ components, entities }) {},
 * })
 * ```
 *
 * If a system takes arguments, annotate its parameter, as `move` does. Without the annotation,
 * `args` has the type unknown, and everything else is typed. `Components` is a type such as
 * `{ Position: Component<typeof position> }`, and `Tables` one such as
 * `{ Bullet: Table<typeof bullet> }`.
 *
 * Call it once in each thread, or pass `systems` to `createWorkerGroup`. If a dev server loads the
 * module again, later groups use the later systems.
 * @returns a function that takes the systems by name, and returns them
 * @throws StorageError 'invalid-argument', from the returned function, unless you pass functions by
 * name
 */
export function defineSystems<
  C = Readonly<Record<string, AnyComponent>>,
  T = Readonly<Record<never, never>>,
>(): <const S extends Readonly<Record<string, System<C, T>>>>(systems: S) => S {
  return (systems) => {
    const checked = checkSystems(systems)
    defined.set(JSON.stringify(checked.names), checked)
    return systems
  }
}

/**
 * Returns the systems that this thread has defined. If there are none or several, returns advice
 * for the error message.
 */
export function definedSystems(): CheckedSystems | string {
  const all = [...defined.values()]
  if (all.length === 1) return all[0]
  return all.length === 0
    ? 'this thread has defined no systems: import the module that calls defineSystems() as a value'
    : `this thread has defined ${all.length} sets of systems: ${all.map(shownNames).join('; ')}`
}

const shownNames = ({ names }: CheckedSystems) => names.map(shown).join(', ')
