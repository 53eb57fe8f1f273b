/** Faults: carving, large and aligned blocks. */
import type { Mutant } from './mutant.ts'

export const BLOCKS: readonly Mutant[] = [
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
