/** Faults: opening, closing and reclaiming. */
import type { Mutant } from './mutant.ts'

export const SLOT_STATES: readonly Mutant[] = [
  {
    name: 'spans with segments of a closed slot are taken over',
    file: 'refill/reclaim-closed.ts',
    from: 'row !== segmentRow(memory) || !hasSegments(memory, slot)',
    to: 'true',
    scenarios: ['segments of a closed slot'],
  },
  {
    name: 'a slot changes its state by a load and a store',
    file: 'spans/slots.ts',
    from: 'return Atomics.compareExchange(memory.i32, stateWord, seen, word) === seen',
    to: 'return Atomics.store(memory.i32, stateWord, word) === word',
    scenarios: ['two threads open the last slot'],
  },
  {
    name: 'a lent slot does not name its reclaimer',
    file: 'spans/slots.ts',
    from: 'changeState(memory, slot, layout.SLOT_CLOSED, layout.SLOT_LENT, reclaimer)',
    to: 'changeState(memory, slot, layout.SLOT_CLOSED, layout.SLOT_LENT, reclaimer * 0 - 1)',
    scenarios: ['a reclaimer and its adopter die'],
  },
  {
    name: 'a slot is closed before its spans are given back',
    file: 'pool/pool.ts',
    from: '    methods.collect()\n    fastPaths.disable()\n',
    to: `    closeSlot(memory, slot)
    methods.collect()
    fastPaths.disable()\n`,
    scenarios: ['close against reclaiming'],
  },
  {
    name: 'a slot is lent without being taken',
    file: 'refill/reclaim-closed.ts',
    from: 'if (!lendSlot(memory, slot, reclaimer)) continue\n    sweep',
    to: 'if (Atomics.load(memory.i32, slotWord(memory, slot, 0)) % 256 !== 2) continue\n    sweep',
    scenarios: ['reclaiming against reclaiming'],
  },
  {
    name: 'counts stay behind when a run is handed over',
    file: 'refill/reclaim-closed.ts',
    from: '    addToSlot(memory, to, field + classIndex, liveCount)\n',
    to: '',
    scenarios: ['reclaiming against reclaiming'],
  },
]
