/** Faults: the freer's side of the queue. */
import type { Mutant } from './mutant.ts'

export const OUTBOX: readonly Mutant[] = [
  {
    name: '`sent` is stored before the offset is written',
    file: 'remote/outbox.ts',
    from: '    i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(written)] = offset\n',
    to: `    Atomics.store(i32, queue.queueWord(memory, slot, queue.OUTBOX_SENT, owner), written + 1)
    i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(written)] = offset\n`,
    scenarios: ['within a segment'],
  },
  {
    name: '`written` is raised before the offset is written',
    file: 'remote/outbox.ts',
    from: `    i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(written)] = offset
    i32[writtenWords + owner] = written + 1\n`,
    to: `    i32[writtenWords + owner] = written + 1
    i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(written)] = offset\n`,
    scenarios: ['a freer dies, within a segment'],
  },
  {
    name: '`sent` is stored plainly',
    file: 'remote/outbox.ts',
    from: 'Atomics.store(memory.i32, queue.queueWord(memory, slot, queue.OUTBOX_SENT, owner), written)',
    to: 'memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_SENT, owner)] = written',
    scenarios: ['within a segment'],
  },
  {
    name: 'a segment is used again one too early',
    file: 'remote/outbox.ts',
    from: 'return beingRead !== 0 && beingRead !== first',
    to: 'return beingRead !== 0',
    scenarios: ['the owner is a segment behind', 'the segment becomes full'],
  },
  {
    name: 'the segment being read is loaded plainly',
    file: 'remote/outbox.ts',
    from: 'Atomics.load(memory.i32, segmentWord)',
    to: 'memory.i32[segmentWord]',
    scenarios: ['the owner is a segment behind', 'the first segment is used again'],
  },
  {
    name: 'segments are given back before all in them was taken',
    file: 'remote/outbox.ts',
    from: '  if (!isAllTaken || i32[firstWord] === 0) return',
    to: '  if (i32[firstWord] === 0) return',
    scenarios: ['the segment becomes full'],
  },
  {
    name: 'an owner stays at a segment that was given back',
    file: 'remote/outbox.ts',
    from: '  Atomics.store(i32, queue.queueWord(memory, owner, queue.INBOX_SEGMENT, slot), 0)\n',
    to: '',
    scenarios: ['can spare a segment', 'the segment becomes full'],
  },
  {
    name: 'a segment that was appended before a death is appended again',
    file: 'remote/outbox.ts',
    from: 'if (before !== 0 && i32[(before >> 2) + queue.SEGMENT_STAMP] === stamp) return true',
    to: '',
    scenarios: ['a freer dies, the segment becomes full'],
  },
]
