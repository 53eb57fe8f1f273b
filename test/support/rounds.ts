/**
 * How much of a long test runs. A random test finds the faults of our own logic on any engine, so
 * one engine runs all of it, and the others run a part: scripts/test.mjs sets `ASHLAR_BRIEF` there.
 */
import process from 'node:process'

/** Whether this engine runs every round of every test. */
export const isThorough = process.env.ASHLAR_BRIEF === undefined

/** How many rounds to run out of so many; where tests are brief, one `part`-th of them. */
export const rounds = (all: number, part = 4): number => (isThorough ? all : Math.ceil(all / part))

/** The items to run; where tests are brief, every `part`-th of them, the first one included. */
export const someOf = <T>(items: readonly T[], part = 4): readonly T[] =>
  isThorough ? items : items.filter((_, i) => i % part === 0)
