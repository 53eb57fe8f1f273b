/** Keeps the world's thread from changing tables of its storage while workers run a system. */
import type { RunQueue } from './world-state.ts'

const GUARDED = ['sync', 'takeOver', 'clear', 'trim', 'detach', 'dispose'] as const

type Guarded = { [K in (typeof GUARDED)[number]]: () => unknown }

/**
 * These methods free chunks that systems may be in, or repair those of dead threads; and a table
 * that is detached is not repaired after a worker's death. `add` and `remove` are too hot for a
 * check: they move one row, and free nothing.
 */
export function guardTable<T extends Guarded>(table: T, runs: RunQueue): T {
  for (const name of GUARDED) {
    const call = table[name]
    const what = `table.${name}()`
    const value = () => {
      runs.checkDone(what)
      runs.last?.repairTables() // after a run that is done but not concluded
      return call.apply(table)
    }
    Object.defineProperty(table, name, { value })
  }
  return table
}
