/** Faults: the freer's side of the mail. */
import type { Mutant } from './mutant.ts'

export const OUTBOX: readonly Mutant[] = [
  {
    name: '`sent` is stored before the offset is written',
    file: 'remote/outbox.ts',
    from: '    i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(written)] = offset\n',
    to: `    Atomics.store(i32, mailWord(memory, slot, OUTBOX_SENT, owner), written + 1)
    i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(written)] = offset\n`,
    scenarios: ['within a parcel'],
  },
  {
    name: '`written` is raised before the offset is written',
    file: 'remote/outbox.ts',
    from: `    i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(written)] = offset
    i32[writtenWords + owner] = written + 1\n`,
    to: `    i32[writtenWords + owner] = written + 1
    i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(written)] = offset\n`,
    scenarios: ['a freer dies, within a parcel'],
  },
  {
    name: '`sent` is stored plainly',
    file: 'remote/outbox.ts',
    from: 'Atomics.store(memory.i32, mailWord(memory, slot, OUTBOX_SENT, owner), written)',
    to: 'memory.i32[mailWord(memory, slot, OUTBOX_SENT, owner)] = written',
    scenarios: ['within a parcel'],
  },
  {
    name: 'a parcel is used again one too early',
    file: 'remote/outbox.ts',
    from: 'return beingRead !== 0 && beingRead !== first',
    to: 'return beingRead !== 0',
    scenarios: ['the owner is a parcel behind', 'the parcel becomes full'],
  },
  {
    name: 'the parcel being read is loaded plainly',
    file: 'remote/outbox.ts',
    from: 'Atomics.load(memory.i32, mailWord(memory, owner, INBOX_PARCEL, slot))',
    to: 'memory.i32[mailWord(memory, owner, INBOX_PARCEL, slot)]',
    scenarios: ['the owner is a parcel behind', 'the first parcel is used again'],
  },
  {
    name: 'parcels are given back before all in them was taken',
    file: 'remote/outbox.ts',
    from: '  if (isAllTaken(memory, slot, owner)) dropParcels(memory, slot, owner)\n  checkEnds',
    to: '  dropParcels(memory, slot, owner)\n  checkEnds',
    scenarios: ['the parcel becomes full'],
  },
  {
    name: 'an owner stays at a parcel that was given back',
    file: 'remote/outbox.ts',
    from: '  Atomics.store(i32, mailWord(memory, owner, INBOX_PARCEL, slot), 0)\n',
    to: '',
    scenarios: ['can spare a parcel', 'the parcel becomes full'],
  },
  {
    name: 'a parcel that was appended before a death is appended again',
    file: 'remote/outbox.ts',
    from: 'if (before !== 0 && i32[(before >> 2) + PARCEL_STAMP] === stamp) return true',
    to: '',
    scenarios: ['a freer dies, the parcel becomes full'],
  },
]
