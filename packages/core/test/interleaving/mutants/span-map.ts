/** Faults: claims, releases and runs. */
import type { Mutant } from './mutant.ts'

export const SPAN_MAP: readonly Mutant[] = [
  {
    name: 'spans are claimed by a load and a store',
    file: 'spans/span-map.ts',
    from: 'if (Atomics.compareExchange(i32, map + i, layout.SPAN_FREE, claimed) !== layout.SPAN_FREE) {',
    to: 'if (Atomics.load(i32, map + i) !== 0 || Atomics.store(i32, map + i, claimed) === 0) {',
    scenarios: ['two claim the last span'],
  },
  {
    name: 'a claim that fails keeps what it got',
    file: 'spans/span-map.ts',
    from: 'while (--i >= 0) Atomics.store(i32, map + i, layout.SPAN_FREE)',
    to: '',
    scenarios: ['a run of two against two single spans'],
  },
  {
    name: 'a claim that fails frees the span of the rival, too',
    file: 'spans/span-map.ts',
    from: 'while (--i >= 0) Atomics.store(i32, map + i, layout.SPAN_FREE)',
    to: 'for (; i >= 0; i--) Atomics.store(i32, map + i, layout.SPAN_FREE)',
    scenarios: ['a run of two against two single spans'],
  },
  {
    name: 'a claim does not name the claimer',
    file: 'spans/span-map.ts',
    from: 'const claimed = mapWord(layout.SPAN_CLAIMED, slot, 0, 0)',
    to: 'const claimed = mapWord(layout.SPAN_CLAIMED, -1, 0, 0)',
    scenarios: ['a claimer of a run dies'],
  },
  {
    name: 'a search does not look below the hint',
    file: 'spans/span-map.ts',
    from: '||\n      findFreeRun(memory, memory.controlSpanCount, spanCount) // races may leave the hint too high',
    to: '',
    scenarios: [
      'two claim the last span',
      'releases against each other',
      'a claim against a release',
    ],
  },
  {
    name: 'the head of a run is published before its tails and record',
    file: 'spans/runs.ts',
    from: `  extendRun(memory, slot, head, 1, spanCount, classIndex)
  const state = isLarge ? layout.SPAN_LARGE : layout.SPAN_HEAD
  Atomics.store(i32, spanMapWord(memory, head), mapWord(state, slot, classIndex, 0))`,
    to: `  const state = isLarge ? layout.SPAN_LARGE : layout.SPAN_HEAD
  Atomics.store(i32, spanMapWord(memory, head), mapWord(state, slot, classIndex, 0))
  extendRun(memory, slot, head, 1, spanCount, classIndex)`,
    scenarios: ['a claimer of a run dies', 'a large block'],
  },
  {
    name: 'a run that is given back still has its head, last of all',
    file: 'spans/runs.ts',
    from: 'Atomics.store(memory.i32, spanMapWord(memory, head), mapWord(layout.SPAN_CLAIMED, slot, 0, 0))',
    to: '',
    scenarios: ['who gives a run back dies'],
  },
  {
    name: 'a run is shortened before its record says so',
    file: 'spans/runs.ts',
    from: `    memory.i32[recordWord(memory, head, layout.RECORD_RUN_SPAN_COUNT)] = to
    freeSpans(memory, head + to, from - to)`,
    to: `    freeSpans(memory, head + to, from - to)
    memory.i32[recordWord(memory, head, layout.RECORD_RUN_SPAN_COUNT)] = to`,
    scenarios: ['who shrinks dies'],
  },
  {
    name: 'a run that grows does not claim what is behind it',
    file: 'spans/runs.ts',
    from: 'if (!claimSpans(memory, slot, head + from, to - from)) return false',
    to: 'if (memory.i32[spanMapWord(memory, head) + from] !== 0) return false',
    scenarios: ['growth in place against a claim'],
  },
  {
    name: 'a run is handed over without its tails',
    file: 'spans/runs.ts',
    from: '  const map = spanMapWord(memory, head)\n  for (let i = 0; i < spanCount; i++) {\n    const word',
    to: '  const map = spanMapWord(memory, head)\n  for (let i = 0; i < 1; i++) {\n    const word',
    scenarios: ['reclaiming against free into the closed slot'],
  },
  {
    name: 'a run that is handed over counts for its former owner only',
    file: 'spans/runs.ts',
    from: '  countRun(memory, to, head, 1)\n',
    to: '',
    scenarios: ['reclaiming against reclaiming'],
  },
  {
    name: 'a run that is given back counts on',
    file: 'spans/runs.ts',
    from: '  countRun(memory, slot, head, -1)\n',
    to: '',
    scenarios: ['a claim against a release'],
  },
]
