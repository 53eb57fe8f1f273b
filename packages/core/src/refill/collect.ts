/** What `collect` does: takes back what other threads freed, and gives empty spans to the arena. */
import { invalidArgument } from '../base/errors.ts'
import { checkOptions } from '../base/options.ts'
import type { SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import type { CollectOptions } from '../memory/pool-api.ts'
import { reclaim, UNHURRIED } from '../reclaim/reclaim.ts'
import { dropAllSegments, exchangeQueues, type PoolFastPaths } from '../remote/remote.ts'

/** Blocks taken from the mail between two looks at the clock: some microseconds. */
const MAIL_SLICE = 512

const KEYS = ['spans', 'milliseconds'] as const satisfies (keyof CollectOptions)[]

/** Gives how many spans were given back. */
export function collect(
  memory: ArenaMemory,
  slot: SlotIndex,
  fastPaths: PoolFastPaths,
  options: CollectOptions | undefined,
): number {
  if (options !== undefined) checkOptions(options, KEYS, '{ spans: 1 }')
  const spanBudget = spanBudgetOf(memory, options)
  const deadline = deadlineOf(options)
  if (deadline === UNHURRIED) exchangeQueues(memory, slot, fastPaths)
  else
    while (exchangeQueues(memory, slot, fastPaths, MAIL_SLICE) > 0 && performance.now() < deadline);
  dropAllSegments(memory, slot)
  return reclaim(memory, slot, spanBudget, deadline)
}

function spanBudgetOf(memory: ArenaMemory, options: CollectOptions | undefined): number {
  const spans = options?.spans === undefined ? memory.spanCount : options.spans
  if (typeof spans !== 'number' || !(spans >= 0)) {
    throw invalidArgument('spans', spans, 'a number of spans, 0 or more')
  }
  return Math.min(spans, memory.spanCount)
}

function deadlineOf(options: CollectOptions | undefined): number {
  const milliseconds = options?.milliseconds
  if (milliseconds === undefined) return UNHURRIED
  if (typeof milliseconds !== 'number' || !(milliseconds >= 0)) {
    throw invalidArgument('milliseconds', milliseconds, 'a number of milliseconds, 0 or more')
  }
  return performance.now() + milliseconds
}
