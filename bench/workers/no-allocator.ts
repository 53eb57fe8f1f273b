// What the machine itself makes of more workers: the same loops over blocks that are just there.
// Each worker goes round in 256 KiB of its own.
import type { Contender, Heap } from './heap.ts'

const byteLength = 2 ** 18
const STRIDE = 128

export const noAllocator: Contender = {
  survivesDeath: false,
  returnsBlocks: false,

  create: (workerCount) => ({
    workerCount,
    arenas: [],
    words: new SharedArrayBuffer(byteLength * (workerCount + 1)),
  }),

  open({ words }, index): Heap {
    const i32 = new Int32Array(words)
    const base = index * byteLength
    let next = STRIDE
    return {
      alloc() {
        next = (next + STRIDE) & (byteLength - 1)
        return base + next + 16 // no block is 0
      },
      free() {},
      wordsOf: () => i32,
      firstWordOf: (block) => block >> 2,
      flush() {},
      drain() {},
      returnedCount: () => 0,
      close() {},
      grave: { slot: 0, generation: 0 },
    }
  },

  settle: () => ({ strayCount: 0, returnedCount: 0, refillCount: 0, peakByteLength: byteLength }),
}
