/** What the world's thread must not do to a table of its storage while workers run a system. */
import type { RunQueue } from './world-state.ts'

const GUARDED = ['sync', 'takeOver', 'clear', 'trim', 'detach', 'dispose'] as const

type Guarded = { [K in (typeof GUARDED)[number]]: () => unknown }

/**
 * Systems loop over chunks of whichever thread, which these free, or repair when their thread has died;
 * and chunks of a table that is detached are not repaired after a worker's death.
 * `add` and `remove` are too hot to be looked at: they move one row, and free nothing.
 */
export function guardTable<T extends Guarded>(table: T, runs: RunQueue): T {
  for (const name of GUARDED) {
    const call = table[name]
    const what = `table.${name}()`
    const value = () => {
      runs.checkDone(what)
      runs.last?.repairTables() // of a run that is done, and not concluded yet
      return call.apply(table)
    }
    Object.defineProperty(table, name, { value })
  }
  return table
}
