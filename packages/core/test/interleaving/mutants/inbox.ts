/** Faults: the owner's side of the queue. */
import type { Mutant } from './mutant.ts'

export const INBOX: readonly Mutant[] = [
  {
    name: '`taken` is raised before the block is freed',
    file: 'remote/inbox.ts',
    from: '    if (pool.tryFree',
    to: '    i32[takenWord] = taken + 1\n    if (pool.tryFree',
    scenarios: ['an owner dies, within a segment'],
  },
  {
    name: 'a segment is given back while it is read',
    file: 'remote/inbox.ts',
    from: 'Atomics.store(i32, segmentWord, segment)',
    to: 'Atomics.store(i32, segmentWord, i32[(segment >> 2) + queue.SEGMENT_NEXT] || segment)',
    scenarios: ['the owner is a segment behind'],
  },
  {
    name: 'the segment being read is stored plainly',
    file: 'remote/inbox.ts',
    from: 'Atomics.store(i32, segmentWord, segment)',
    to: 'i32[segmentWord] = segment',
    scenarios: ['the owner is a segment behind', 'the first segment is used again'],
  },
  {
    name: '`sent` is loaded plainly',
    file: 'remote/inbox.ts',
    from: 'Atomics.load(i32, sentWord)',
    to: 'i32[sentWord]',
    scenarios: ['within a segment'],
  },
  {
    name: 'nothing says whose queue is being read',
    file: 'remote/inbox.ts',
    from: '  i32[takingFrom] = freer + 1\n',
    to: '',
    scenarios: ['an owner dies, within a segment', 'a rival allocates'],
  },
  {
    name: 'a block counts as taken after its run was given back',
    file: 'remote/inbox.ts',
    from: `    countTaken(i32, takenWord, taken, sent)
    addToSlot(memory, slot, layout.SLOT_ARRIVED + classOfBlock(memory, block), 1)
    recycle(memory, block)`,
    to: `    addToSlot(memory, slot, layout.SLOT_ARRIVED + classOfBlock(memory, block), 1)
    recycle(memory, block)
    countTaken(i32, takenWord, taken, sent)`,
    scenarios: [
      'a rival allocates a large block',
      'a rival allocates a block in a span that drains',
    ],
  },
  {
    name: 'a block counts as taken before it is marked as free',
    file: 'remote/inbox.ts',
    from: '    markFree(memory, block, offset)\n    countTaken(i32, takenWord, taken, sent)\n',
    to: '    countTaken(i32, takenWord, taken, sent)\n    markFree(memory, block, offset)\n',
    scenarios: ['remote frees are taken'],
  },
  {
    name: 'what changed hands is freed where it was',
    file: 'remote/inbox.ts',
    from: 'if (owner !== slot && owner !== by) {',
    to: 'if (owner < 0) {',
    scenarios: ['a full arena reclaims for its own class', 'remote frees are forwarded'],
  },
  {
    name: 'a block counts as taken before it is marked for its owner',
    file: 'remote/inbox.ts',
    from: '      const isNew = beginMarking(memory, by, offset)\n      countTaken(i32, takenWord, taken, sent)\n',
    to: '      countTaken(i32, takenWord, taken, sent)\n      const isNew = beginMarking(memory, by, offset)\n',
    scenarios: ['a forwarder'],
  },
  {
    name: 'marking ends before the block counts as taken',
    file: 'remote/inbox.ts',
    from: '      countTaken(i32, takenWord, taken, sent)\n      endMarking(memory, by)\n',
    to: '      endMarking(memory, by)\n      countTaken(i32, takenWord, taken, sent)\n',
    scenarios: ['a forwarder'],
  },
]
