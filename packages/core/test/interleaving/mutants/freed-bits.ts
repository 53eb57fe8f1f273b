/** Faults: blocks that are marked for their owners, and sweeps of them. */
import type { Mutant } from './mutant.ts'

export const FREED_BITS: readonly Mutant[] = [
  {
    name: 'a bit is set before it is said who sets it',
    file: 'remote/freed-bits.ts',
    from: `  Atomics.store(i32, slotWord(memory, slot, layout.SLOT_MARKING), offset)
  const isNew = (Atomics.or(i32, freedWord(memory, offset), bit) & bit) === 0`,
    to: `  const isNew = (Atomics.or(i32, freedWord(memory, offset), bit) & bit) === 0
  Atomics.store(i32, slotWord(memory, slot, layout.SLOT_MARKING), offset)`,
    scenarios: ['a marker dies'],
  },
  {
    name: 'a bit is set by a load and a store',
    file: 'remote/freed-bits.ts',
    from: 'const isNew = (Atomics.or(i32, freedWord(memory, offset), bit) & bit) === 0',
    to: `const seen = Atomics.load(i32, freedWord(memory, offset))
  Atomics.store(i32, freedWord(memory, offset), seen | bit)
  const isNew = (seen & bit) === 0`,
    scenarios: ['two threads mark blocks'],
  },
  {
    name: 'a bit that is being marked is swept',
    file: 'remote/freed-bits.ts',
    from: 'if (isBeingMarked(memory, offset)) {',
    to: 'if (isBeingMarked(memory, offset) && offset < 0) {',
    scenarios: ['a forwarder dies', 'a marker dies'],
  },
  {
    name: 'a bit that is being marked is passed by in silence',
    file: 'remote/freed-bits.ts',
    from: '      announce(memory, head)\n      return true',
    to: '      return true',
    scenarios: ['an owner sweeps', 'a marker dies'],
  },
  {
    name: 'a run that has freed bits does not say so',
    file: 'remote/freed-bits.ts',
    from: '  Atomics.store(i32, recordWord(memory, head, layout.RECORD_HAS_FREED_BITS), 1)\n',
    to: '',
    scenarios: ['an owner sweeps'],
  },
  {
    name: 'the owner is told before the run says so',
    file: 'remote/freed-bits.ts',
    from: `  Atomics.store(i32, recordWord(memory, head, layout.RECORD_HAS_FREED_BITS), 1)
  const owner = ownerInMap(Atomics.load(i32, spanMapWord(memory, head)))
  if (owner < 0 || owner >= memory.slotCount) return
  Atomics.store(i32, slotWord(memory, owner, layout.SLOT_HAS_FREED_BITS), 1)`,
    to: `  const owner = ownerInMap(Atomics.load(i32, spanMapWord(memory, head)))
  Atomics.store(i32, slotWord(memory, owner, layout.SLOT_HAS_FREED_BITS), 1)
  Atomics.store(i32, recordWord(memory, head, layout.RECORD_HAS_FREED_BITS), 1)`,
    scenarios: ['an owner sweeps'],
  },
  {
    name: 'who takes a run over is not told of its freed bits',
    file: 'spans/runs.ts',
    from: '    Atomics.store(memory.i32, slotWord(memory, to, layout.SLOT_HAS_FREED_BITS), 1)\n',
    to: '',
    scenarios: ['a run is handed over as'],
  },
  {
    name: 'what the slot says is cleared after the sweep',
    file: 'remote/freed-bits.ts',
    from: `    i32[slotWord(memory, slot, layout.SLOT_SWEEPING)] = 0
  }
`,
    to: `    i32[slotWord(memory, slot, layout.SLOT_SWEEPING)] = 0
  }
  Atomics.store(i32, hasFreedBits, 0)
`,
    scenarios: ['an owner sweeps', 'two threads mark blocks'],
  },
  {
    name: 'what a run says is cleared after its bits were looked at',
    file: 'remote/freed-bits.ts',
    from: `    Atomics.store(i32, runHasFreedBits, 0)
    freedCount += sweepRun(memory, slot, head)`,
    to: `    freedCount += sweepRun(memory, slot, head)
    Atomics.store(i32, runHasFreedBits, 0)`,
    scenarios: ['an owner sweeps', 'two threads mark blocks'],
  },
  {
    name: 'a bit is cleared before its block counts as free',
    file: 'remote/freed-bits.ts',
    from: `  try {
    block = liveBlockAt(memory, offset)`,
    to: `  clearFreedBit(memory, offset)
  try {
    block = liveBlockAt(memory, offset)`,
    scenarios: ['an owner dies as it sweeps'],
  },
  {
    name: 'a bit is cleared after its block is free to be used',
    file: 'remote/freed-bits.ts',
    from: `  clearFreedBit(memory, offset)
  if (block === 0) return
  addToSlot(memory, slot, layout.SLOT_ARRIVED + classOfBlock(memory, block), 1)
  recycle(memory, block)`,
    to: `  if (block !== 0) recycle(memory, block)
  clearFreedBit(memory, offset)`,
    scenarios: ['a marked large block is swept'],
  },
  {
    name: 'the end of a run is given back that its block still needs',
    file: 'remote/freed-bits.ts',
    from: 'resizeLargeRun(memory, head, spanCount)',
    to: 'resizeLargeRun(memory, head, 1)',
    scenarios: ['a large block is cut off as its owner sweeps'],
  },
]
