/** Faults that the search has to find: one change each to a source, and where it shows. */

export interface Mutant {
  /** What is wrong with it. */
  readonly name: string
  readonly file: string
  /** Occurs once in the file. */
  readonly from: string
  readonly to: string
  /** Names of scenarios, or parts of names, of which one finds it. */
  readonly scenarios: readonly string[]
}

const SPAN_MAP: readonly Mutant[] = [
  {
    name: 'spans are claimed by a load and a store',
    file: 'span-map.ts',
    from: 'if (Atomics.compareExchange(i32, map + i, SPAN_FREE, claimed) !== SPAN_FREE) {',
    to: 'if (Atomics.load(i32, map + i) !== 0 || Atomics.store(i32, map + i, claimed) === 0) {',
    scenarios: ['two claim the last span'],
  },
  {
    name: 'a claim that fails keeps what it got',
    file: 'span-map.ts',
    from: 'while (--i >= 0) Atomics.store(i32, map + i, SPAN_FREE)',
    to: '',
    scenarios: ['a run of two against two single spans'],
  },
  {
    name: 'a claim that fails frees the span of the rival, too',
    file: 'span-map.ts',
    from: 'while (--i >= 0) Atomics.store(i32, map + i, SPAN_FREE)',
    to: 'for (; i >= 0; i--) Atomics.store(i32, map + i, SPAN_FREE)',
    scenarios: ['a run of two against two single spans'],
  },
  {
    name: 'a claim does not name the claimer',
    file: 'span-map.ts',
    from: 'const claimed = mapWord(SPAN_CLAIMED, slot, 0, 0)',
    to: 'const claimed = mapWord(SPAN_CLAIMED, -1, 0, 0)',
    scenarios: ['a claimer of a run dies'],
  },
  {
    name: 'a search does not look below the hint',
    file: 'span-map.ts',
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
    file: 'runs.ts',
    from: `  extendRun(memory, slot, head, 1, spanCount, classIndex)
  const state = classIndex === LARGE_CLASS ? SPAN_LARGE : SPAN_HEAD
  Atomics.store(memory.i32, memory.mapWord(head), mapWord(state, slot, classIndex, 0))`,
    to: `  const state = classIndex === LARGE_CLASS ? SPAN_LARGE : SPAN_HEAD
  Atomics.store(memory.i32, memory.mapWord(head), mapWord(state, slot, classIndex, 0))
  extendRun(memory, slot, head, 1, spanCount, classIndex)`,
    scenarios: ['a claimer of a run dies', 'a large block'],
  },
  {
    name: 'a run that is given back still has its head, last of all',
    file: 'runs.ts',
    from: 'Atomics.store(i32, memory.mapWord(head), mapWord(SPAN_CLAIMED, slot, 0, 0))',
    to: '',
    scenarios: ['who gives a run back dies'],
  },
  {
    name: 'a run is shortened before its record says so',
    file: 'runs.ts',
    from: `  memory.i32[runSpanCount] = to
  releaseSpans(memory, slot, head + to, from - to)`,
    to: `  releaseSpans(memory, slot, head + to, from - to)
  memory.i32[runSpanCount] = to`,
    scenarios: ['who shrinks dies'],
  },
  {
    name: 'a run that grows does not claim what is behind it',
    file: 'span-map.ts',
    from: '  return claimSpans(memory, slot, span, spanCount)\n}\n\n/** Index',
    to: '  return memory.i32[memory.mapWord(asSpanIndex(span))] === SPAN_FREE\n}\n\n/** Index',
    scenarios: ['growth in place against a claim'],
  },
  {
    name: 'a run is handed over without its tails',
    file: 'runs.ts',
    from: '  const map = memory.mapWord(head)\n  for (let i = 0; i < spanCount; i++) {\n    const word',
    to: '  const map = memory.mapWord(head)\n  for (let i = 0; i < 1; i++) {\n    const word',
    scenarios: ['tend against free into the closed slot'],
  },
  {
    name: 'a run that is handed over counts for its former owner only',
    file: 'runs.ts',
    from: '  countRun(memory, to, head, 1)\n',
    to: '',
    scenarios: ['tend against tend'],
  },
  {
    name: 'a run that is given back counts on',
    file: 'runs.ts',
    from: '  countRun(memory, slot, head, -1)\n',
    to: '',
    scenarios: ['a claim against a release'],
  },
]

const OUTBOX: readonly Mutant[] = [
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
    from: '  if (isAllTaken(memory, slot, owner)) dropParcels(memory, slot, owner)\n  const first',
    to: '  dropParcels(memory, slot, owner)\n  const first',
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
  {
    name: 'mail is taken while a parcel is allocated',
    file: 'remote/outbox.ts',
    from: '  i32[busy] = 1 // the allocation',
    to: '  // the allocation',
    scenarios: ['a parcel is wanted while mail for the same slot waits'],
  },
]

const INBOX: readonly Mutant[] = [
  {
    name: '`taken` is raised before the block is freed',
    file: 'remote/inbox.ts',
    from: '    if (front.tryFree',
    to: '    i32[takenWord] = taken + 1\n    if (front.tryFree',
    scenarios: ['an owner dies, within a parcel'],
  },
  {
    name: 'a parcel is given back while it is read',
    file: 'remote/inbox.ts',
    from: 'Atomics.store(i32, parcelWord, parcel)',
    to: 'Atomics.store(i32, parcelWord, i32[(parcel >> 2) + PARCEL_NEXT] || parcel)',
    scenarios: ['the owner is a parcel behind'],
  },
  {
    name: 'the parcel being read is stored plainly',
    file: 'remote/inbox.ts',
    from: 'Atomics.store(i32, parcelWord, parcel)',
    to: 'i32[parcelWord] = parcel',
    scenarios: ['the owner is a parcel behind', 'the first parcel is used again'],
  },
  {
    name: '`sent` is loaded plainly',
    file: 'remote/inbox.ts',
    from: 'Atomics.load(i32, sentWord)',
    to: 'i32[sentWord]',
    scenarios: ['within a parcel'],
  },
  {
    name: 'nothing says whose mail is being taken',
    file: 'remote/inbox.ts',
    from: '  i32[takingFrom] = freer + 1\n',
    to: '',
    scenarios: ['an owner dies, within a parcel', 'a rival allocates'],
  },
  {
    name: 'a large block counts as taken after its run was given back',
    file: 'remote/inbox.ts',
    from: '      countTaken(memory.i32, takenWord, (taken + 1) | 0, sent)\n',
    to: '',
    scenarios: ['a rival allocates a large block'],
  },
  {
    name: 'a block in a span that drains counts as taken after its run was given back',
    file: 'remote/inbox.ts',
    from: 'if (mayReleaseRun(memory, block)) {',
    to: 'if (row === 95) {',
    scenarios: ['a rival allocates a block in a span that drains'],
  },
  {
    name: 'a large block counts as taken before it is marked as free',
    file: 'remote/inbox.ts',
    from: '      markFree(memory, block, offset)\n',
    to: '',
    scenarios: ['mail is taken'],
  },
  {
    name: 'what changed hands is freed where it was',
    file: 'remote/inbox.ts',
    from: 'if (owner !== slot && owner !== by) {',
    to: 'if (owner < 0) {',
    scenarios: ['a full arena tends for its own class', 'mail is forwarded'],
  },
  {
    name: 'recovery words are set one after the other while they count',
    file: 'remote/inbox.ts',
    from: `  const { i32 } = memory
  i32[memory.slotWord(slot, SLOT_FORWARD_TO)] = 0\n`,
    to: '  const { i32 } = memory\n',
    scenarios: ['a forwarder'],
  },
  {
    name: 'a block is forwarded before the recovery words say so',
    file: 'remote/inbox.ts',
    from: `  i32[memory.slotWord(slot, SLOT_FORWARD_TO)] = owner + 1
  return front.post(owner, offset)`,
    to: `  const isPosted = front.post(owner, offset)
  i32[memory.slotWord(slot, SLOT_FORWARD_TO)] = owner + 1
  return isPosted`,
    scenarios: ['a forwarder'],
  },
]

const ADOPTION: readonly Mutant[] = [
  {
    name: 'adoption does not settle mail',
    file: 'adopt.ts',
    from: '  settleMail(memory, slot, by)\n',
    to: '',
    scenarios: ['an owner dies, within a parcel', 'a freer dies, the parcel becomes full'],
  },
  {
    name: 'adoption does not look at the generation again as it takes the slot',
    file: 'adopt.ts',
    from: '    changeState(memory, slot, SLOT_OPEN, SLOT_OPEN, -1, seen) ||',
    to: '    changeState(memory, slot, SLOT_OPEN, SLOT_OPEN, -1) ||',
    scenarios: ['two threads adopt the same slot'],
  },
  {
    name: 'what the dead thread tended stays tended',
    file: 'adopt.ts',
    from: '    closeSlot(memory, tended)\n',
    to: '',
    scenarios: ['a tender dies; another one tends'],
  },
  {
    name: 'what the dead thread tended is repaired as if it had no tender',
    file: 'adopt.ts',
    from: 'repair(memory, tended, slot)',
    to: 'repair(memory, tended, tended)',
    scenarios: ['a forwarder'],
  },
  {
    name: 'the block that was being taken never counts as taken',
    file: 'remote/settle.ts',
    from: 'countTaken(i32, takenWord, (taken + 1) | 0, sent)',
    to: '{}',
    scenarios: ['an owner dies, within a parcel'],
  },
  {
    name: 'recovery words of a forwarder are ignored',
    file: 'remote/settle.ts',
    from: 'if (forwardTo !== 0 && i32',
    to: 'if (forwardTo > 1000 && i32',
    scenarios: ['a forwarder'],
  },
  {
    name: 'recovery words count for the next block as well',
    file: 'remote/settle.ts',
    from: ' && i32[memory.slotWord(slot, SLOT_FORWARD_TAKEN)] === taken',
    to: '',
    scenarios: ['a forwarder'],
  },
  {
    name: 'the last parcel is not looked for',
    file: 'remote/settle.ts',
    from: '    memory.i32[mailWord(memory, slot, OUTBOX_LAST, asSlotIndex(owner))] = last\n',
    to: '',
    scenarios: ['a freer dies, the first parcel is used again', 'a freer dies, the parcel'],
  },
  {
    name: 'spans of no run are not freed',
    file: 'repair-map.ts',
    from: '      freeSpan(memory, span)\n',
    to: '',
    scenarios: ['a claimer of a run dies'],
  },
  {
    name: 'tails without a run are not freed',
    file: 'repair-map.ts',
    from: '(state === SPAN_CLAIMED || index >= runEnd)',
    to: 'state === SPAN_CLAIMED',
    scenarios: ['a claimer of a run dies'],
  },
  {
    name: 'tails of a run that was being handed over keep their owner',
    file: 'repair-map.ts',
    from: '      extendRun(memory, owner, span, 1, spanCount, classInMap(word))\n',
    to: '',
    scenarios: ['a tender dies; free into the closed slot'],
  },
  {
    name: 'records of runs of threads that live are read',
    file: 'repair-map.ts',
    from: '      if (owner !== slot && owner !== by) continue\n',
    to: '',
    scenarios: ['a full arena tends for its own class'],
  },
  {
    name: 'the tender of a dead slot’s runs counts as one that lives',
    file: 'repair-map.ts',
    from: 'if (owner !== slot && owner !== by) continue',
    to: 'if (owner !== slot) continue',
    scenarios: ['a tender dies; free into the closed slot', 'a tender and its heir die'],
  },
  {
    name: 'empty runs are kept',
    file: 'rebuild.ts',
    from: 'if (liveCount === 0) releaseRun(memory, slot, head)',
    to: 'if (liveCount < 0) releaseRun(memory, slot, head)',
    scenarios: ['the first alloc of a class'],
  },
  {
    name: 'counts per class are added to those of the dead thread',
    file: 'rebuild.ts',
    from: '  SLOT_CARVED,\n  SLOT_UNSORTED,\n]',
    to: '  SLOT_UNSORTED,\n]',
    scenarios: ['the first alloc of a class'],
  },
  {
    name: 'parcels of no queue are kept',
    file: 'rebuild.ts',
    from: 'return !isParcel(header) || parcels.has(block)',
    to: 'return true',
    scenarios: ['the first block for another slot'],
  },
  {
    name: 'parcels in a queue are freed',
    file: 'rebuild.ts',
    from: 'return !isParcel(header) || parcels.has(block)',
    to: 'return !isParcel(header)',
    scenarios: ['a freer dies, within a parcel'],
  },
  {
    name: 'a shifted block whose payload was freed is kept',
    file: 'rebuild.ts',
    from: 'return !isInside || (headerWordAt(memory, offset) & STATE_AND_TAG) !== freePattern(memory.tag)',
    to: 'return true',
    scenarios: ['aligned alloc and free'],
  },
]

const SLOT_STATES: readonly Mutant[] = [
  {
    name: 'spans with parcels of a closed slot are taken over',
    file: 'tend.ts',
    from: 'row !== parcelRow(memory) || !hasParcels(memory, slot)',
    to: 'true',
    scenarios: ['parcels of a closed slot'],
  },
  {
    name: 'a slot changes its state by a load and a store',
    file: 'slots.ts',
    from: 'return Atomics.compareExchange(i32, memory.slotWord(slot, SLOT_STATE), seen, word) === seen',
    to: 'return Atomics.store(i32, memory.slotWord(slot, SLOT_STATE), word) === word',
    scenarios: ['two threads open the last slot'],
  },
  {
    name: 'a tended slot does not name its tender',
    file: 'slots.ts',
    from: 'changeState(memory, slot, SLOT_CLOSED, SLOT_TENDED, tender)',
    to: 'changeState(memory, slot, SLOT_CLOSED, SLOT_TENDED, tender * 0 - 1)',
    scenarios: ['a tender and its heir die'],
  },
  {
    name: 'a slot is closed before its spans are given back',
    file: 'pool.ts',
    from: '    giveBack(memory, slot, front, undefined)\n    mine = -1\n',
    to: `    closeSlot(memory, slot)
    giveBack(memory, slot, front, undefined)
    mine = -1\n`,
    scenarios: ['close against tend'],
  },
  {
    name: 'a slot is tended without being taken',
    file: 'tend.ts',
    from: 'if (!tendSlot(memory, slot, tender)) continue',
    to: 'if (Atomics.load(memory.i32, memory.slotWord(slot, 0)) % 256 !== 2) continue',
    scenarios: ['tend against tend'],
  },
  {
    name: 'counts stay behind when a run is handed over',
    file: 'tend.ts',
    from: '    i32[memory.slotWord(to, field + classIndex)] += liveCount\n',
    to: '',
    scenarios: ['tend against tend'],
  },
  {
    name: 'a refill does not expect that tending has filled the list',
    file: 'refill.ts',
    from: '    if (i32[freeHead] !== 0) {\n',
    to: '    if (i32[freeHead] < 0) {\n',
    scenarios: ['a full arena tends for its own class'],
  },
]

const BLOCKS: readonly Mutant[] = [
  {
    name: 'blocks are counted as carved before they have headers',
    file: 'carve.ts',
    from: '  for (let block = first;',
    to: '  i32[carvedCount] += blockCount\n  for (let block = first;',
    scenarios: ['the first alloc of a class'],
  },
  {
    name: 'a large block is published before its header',
    file: 'alloc-large.ts',
    from: `  memory.i32[(block >> 2) - 2] = livePattern(memory.tag) | LARGE_CLASS
  memory.i32[(block >> 2) - 1] = byteLength
  publishRun(memory, slot, head, spanCount, LARGE_CLASS)`,
    to: `  publishRun(memory, slot, head, spanCount, LARGE_CLASS)
  memory.i32[(block >> 2) - 2] = livePattern(memory.tag) | LARGE_CLASS
  memory.i32[(block >> 2) - 1] = byteLength`,
    scenarios: ['a large block'],
  },
  {
    name: 'a large block shrinks after its run',
    file: 'resize.ts',
    from: 'if (byteLength < secondWordAt(memory, offset)) memory.i32[length] = byteLength',
    to: '',
    scenarios: ['a large block shrinks'],
  },
  {
    name: 'a block is shifted before its offset is there',
    file: 'aligned.ts',
    from: 'i32[header] = freePattern(memory.tag) | classIndex\n    i32[header + 1] = offset',
    to: 'i32[header] = shiftedPattern(memory.tag) | classIndex\n    i32[header + 1] = offset',
    scenarios: ['a large aligned block'],
  },
  {
    name: 'a block has an owner although its span was given back meanwhile',
    file: 'lookup.ts',
    from: '  if (owner < 0) throw unusedMemory(memory, block)\n',
    to: '',
    scenarios: ['and its span is given back'],
  },
]

const RING: readonly Mutant[] = [
  {
    name: 'an event is published before it is written',
    file: 'telemetry/emit.ts',
    from: `  i32[event + 2] = second
  i32[event + 3] = third
  Atomics.store(i32, ring + TELEMETRY_WRITTEN, (written + 1) | 0)`,
    to: `  Atomics.store(i32, ring + TELEMETRY_WRITTEN, (written + 1) | 0)
  i32[event + 2] = second
  i32[event + 3] = third`,
    scenarios: ['a reader follows a writer'],
  },
  {
    name: 'a full ring has room for one more',
    file: 'telemetry/emit.ts',
    from: '| 0) >= TELEMETRY_EVENT_COUNT',
    to: '| 0) > TELEMETRY_EVENT_COUNT',
    scenarios: ['in a full ring'],
  },
  {
    name: 'an event is read, whoever read it before',
    file: 'telemetry/reader.ts',
    from: 'if (Atomics.compareExchange(i32, ring + TELEMETRY_READ, read, next) !== read) continue',
    to: 'Atomics.store(i32, ring + TELEMETRY_READ, next)',
    scenarios: ['two readers share a ring'],
  },
  {
    name: 'an event is taken before it is copied',
    file: 'telemetry/reader.ts',
    from: `    // The copy is good if nobody read it meanwhile: until then its place is not written again.
    if (Atomics.compareExchange(i32, ring + TELEMETRY_READ, read, next) !== read) continue\n`,
    to: `    if (Atomics.compareExchange(i32, ring + TELEMETRY_READ, read, next) !== read) continue
    decode(memory, slot, eventWord(ring, read), event)\n`,
    scenarios: ['a reader makes room in a full ring'],
  },
]

export const MUTANTS: readonly Mutant[] = [
  SPAN_MAP,
  OUTBOX,
  INBOX,
  ADOPTION,
  SLOT_STATES,
  BLOCKS,
  RING,
].flat()
