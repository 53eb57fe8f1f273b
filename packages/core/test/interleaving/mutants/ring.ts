/** Faults: telemetry. */
import type { Mutant } from './mutant.ts'

export const RING: readonly Mutant[] = [
  {
    name: 'an event is published before it is written',
    file: 'telemetry/telemetry.ts',
    from: `  i32[event + 2] = second
  i32[event + 3] = third
  Atomics.store(i32, ring + layout.TELEMETRY_WRITTEN, (written + 1) | 0)`,
    to: `  Atomics.store(i32, ring + layout.TELEMETRY_WRITTEN, (written + 1) | 0)
  i32[event + 2] = second
  i32[event + 3] = third`,
    scenarios: ['a reader follows a writer'],
  },
  {
    name: 'a full ring has room for one more',
    file: 'telemetry/telemetry.ts',
    from: '| 0) >= layout.TELEMETRY_EVENT_COUNT',
    to: '| 0) > layout.TELEMETRY_EVENT_COUNT',
    scenarios: ['in a full ring'],
  },
  {
    name: 'an event is read, whoever read it before',
    file: 'telemetry/telemetry.ts',
    from: 'if (Atomics.compareExchange(i32, ring + layout.TELEMETRY_READ, read, next) !== read) continue',
    to: 'Atomics.store(i32, ring + layout.TELEMETRY_READ, next)',
    scenarios: ['two readers share a ring'],
  },
  {
    name: 'an event is taken before it is copied',
    file: 'telemetry/telemetry.ts',
    from: '!== read) continue\n    if (!isSound',
    to: '!== read) continue\n    decode(memory, slot, eventWord(ring, read), event)\n    if (!isSound',
    scenarios: ['a reader makes room in a full ring'],
  },
]
