/** Faults: carving, large and aligned blocks. */
import type { Mutant } from './mutant.ts'

export const BLOCKS: readonly Mutant[] = [
  {
    name: 'blocks are counted as carved before they have headers',
    file: 'blocks/carve.ts',
    from: '  for (let block = first;',
    to: '  i32[carvedCount] += blockCount\n  for (let block = first;',
    scenarios: ['the first alloc of a class'],
  },
  {
    name: 'a large block is published before its header',
    file: 'refill/alloc-slow.ts',
    from: `  memory.i32[(block >> 2) - 2] = memory.plainHeader
  memory.i32[(block >> 2) - 1] = byteLength
  publishRun(memory, slot, head, spanCount, layout.LARGE_CLASS)`,
    to: `  publishRun(memory, slot, head, spanCount, layout.LARGE_CLASS)
  memory.i32[(block >> 2) - 2] = memory.plainHeader
  memory.i32[(block >> 2) - 1] = byteLength`,
    scenarios: ['a large block'],
  },
  {
    name: 'a large block shrinks after its run',
    file: 'pool/resize.ts',
    from: 'if (byteLength < before) memory.i32[length] = byteLength',
    to: '',
    scenarios: ['a large block shrinks'],
  },
  {
    name: 'a block is shifted before its offset is there',
    file: 'blocks/aligned.ts',
    from: `    i32[(block >> 2) - 2] = memory.freedHeader
    i32[(block >> 2) - 1] = offset`,
    to: `    i32[(block >> 2) - 2] = headerWith(BLOCK_SHIFTED, memory.tag)
    i32[(block >> 2) - 1] = offset`,
    scenarios: ['a large aligned block'],
  },
  {
    name: 'a block is live before it has a length',
    file: 'pool/fast-paths.ts',
    from: `        i32[freeHeads + classIndex] = i32[header + 1]
        i32[header + 1] = byteLength
        i32[header] = plain\n`,
    to: `        i32[freeHeads + classIndex] = i32[header + 1]
        i32[liveBits + ((block - base) >>> 9)] |= 1 << ((block - base) >>> 4)
        i32[header + 1] = byteLength
        i32[header] = plain\n`,
    scenarios: ['alloc and free'],
  },
  {
    name: 'a freed block is linked while it is live',
    file: 'pool/fast-paths.ts',
    from: `        i32[liveWord] ^= bit // this is first: if the thread dies after it, the block is free
        i32[(offset >> 2) - 1] = i32[freeHeads + classIndex]
        i32[freeHeads + classIndex] = offset\n`,
    to: `        i32[(offset >> 2) - 1] = i32[freeHeads + classIndex]
        i32[freeHeads + classIndex] = offset
        i32[liveWord] ^= bit\n`,
    scenarios: ['alloc and free'],
  },
  {
    name: 'a block of a typed pool is live before it has a length',
    file: 'pool/fast-paths.ts',
    from: `        i32[freeHead] = i32[header + 1]
        i32[header + 1] = byteLength
        i32[header] = plain\n`,
    to: `        i32[freeHead] = i32[header + 1]
        i32[liveBits + ((block - base) >>> 9)] |= 1 << ((block - base) >>> 4)
        i32[header + 1] = byteLength
        i32[header] = plain\n`,
    scenarios: ['alloc and free by a typed pool'],
  },
  {
    name: 'a freed block of a typed pool is linked while it is live',
    file: 'pool/fast-paths.ts',
    from: `          i32[liveWord] ^= bit // first, as in \`tryFree\`
          i32[(offset >> 2) - 1] = i32[freeHead]
          i32[freeHead] = offset\n`,
    to: `          i32[(offset >> 2) - 1] = i32[freeHead]
          i32[freeHead] = offset
          i32[liveWord] ^= bit\n`,
    scenarios: ['alloc and free by a typed pool'],
  },
  {
    name: 'a shifted block keeps its live bit until it is shifted',
    file: 'blocks/aligned.ts',
    from: '    unmark(memory, block)\n',
    to: '',
    scenarios: ['aligned alloc and free'],
  },
  {
    name: 'a block is counted as unmarked after it has lost its bit',
    file: 'blocks/aligned.ts',
    from: '  countUnmarked(memory, block, 1)\n  clearLiveBit(memory, block)\n',
    to: '  clearLiveBit(memory, block)\n',
    scenarios: ['aligned alloc and free'],
  },
  {
    name: 'a block has an owner although its span was given back meanwhile',
    file: 'blocks/check-offset.ts',
    from: 'if (owner < 0) throw unusedMemory(memory, block)',
    to: '',
    scenarios: ['and its span is given back'],
  },
]
