/** `collect`: frees what other threads have delivered, and gives empty spans to the arena. */
import { invalidArgument } from '../base/errors.ts'
import { checkOptions } from '../base/options.ts'
import type { CollectOptions } from '../memory/pool-api.ts'
import { reclaim, UNHURRIED } from '../reclaim/reclaim.ts'
import { dropAllSegments, exchangeQueues, type PoolCore } from '../remote/remote.ts'

/** Blocks received between two reads of the clock: some microseconds. */
const BLOCKS_PER_CLOCK_READ = 512
const KEYS = ['spans', 'milliseconds'] as const satisfies (keyof CollectOptions)[]
const NO_OPTIONS: CollectOptions = {}

/** Gives how many spans were given back. */
export function collect(pool: PoolCore, options = NO_OPTIONS): number {
  const { memory, slot } = pool
  checkOptions(options, KEYS, '{ spans: 1 }')
  const { spans = memory.spanCount, milliseconds } = options
  checkLimit('spans', spans)
  if (milliseconds !== undefined) checkLimit('milliseconds', milliseconds)
  const deadline = milliseconds === undefined ? UNHURRIED : performance.now() + milliseconds
  if (deadline === UNHURRIED) exchangeQueues(pool)
  else while (exchangeQueues(pool, BLOCKS_PER_CLOCK_READ) > 0 && performance.now() < deadline);
  dropAllSegments(memory, slot)
  return reclaim(memory, slot, Math.min(spans, memory.spanCount), deadline)
}

function checkLimit(name: keyof CollectOptions, limit: unknown): void {
  if (typeof limit === 'number' && limit >= 0) return
  throw invalidArgument(name, limit, `a number of ${name}, 0 or more`)
}
