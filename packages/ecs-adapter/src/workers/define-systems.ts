/** Systems that are declared once, for the workers and for the thread that runs groups. */
import { shown } from '../base/errors.ts'
import type { AnyComponent } from '../schema/schema.ts'
import { type CheckedSystems, checkSystems, type System } from './system.ts'

/** The systems that this thread has defined. Those of the same names replace each other. */
const defined = new Map<string, CheckedSystems>()

/**
 * Declares systems, in a module that the main thread and the workers import. Workers pass them to
 * `joinWorkerGroup`. A group without workers runs them in its own thread. Groups and schedules take
 * the names of systems, and their arguments, from the type of the result:
 *
 *     export const systems = defineSystems<Components, Tables>()({
 *       move({ entities, args }: SystemContext<Components, Tables, { dt: number }>) { ... },
 *       think({ components, entities }) { ... },
 *     })
 *
 * A system without the annotation has `args` of type unknown; all else is typed. `Components` is
 * `{ Position: Component<typeof position> }`, and `Tables` is `{ Bullet: Table<typeof bullet> }`.
 *
 * Call it once a thread, or pass `systems` to `createWorkerGroup`. If it is called again with the
 * same names, as a dev server does when it loads a changed module, later groups use the later ones.
 *
 * @returns a function that takes the systems by name, and returns them
 * @throws (that function) StorageError 'invalid-argument' unless it is given functions by name
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

/** The systems that this thread has defined, if there is no doubt which; otherwise, what to do. */
export function definedSystems(): CheckedSystems | string {
  const all = [...defined.values()]
  if (all.length === 1) return all[0]
  return all.length === 0
    ? 'this thread has defined no systems: import the module that calls defineSystems() as a value'
    : `this thread has defined ${all.length} sets of systems: ${all.map(shownNames).join('; ')}`
}

const shownNames = ({ names }: CheckedSystems) => names.map(shown).join(', ')
