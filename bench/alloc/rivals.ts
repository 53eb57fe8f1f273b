// Everything that Ashlar is measured against, except native malloc (native.c).
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { MemPool } from '@thi.ng/malloc'
import { type CaseOptions, expect, type Prepared } from '../case.ts'
import {
  type FixedHeap,
  fillOffsets,
  fillViews,
  type Loop,
  type OffsetHeap,
  pairArrays,
  pairFixed,
  pairOffsets,
  pairViews,
  replaceFixed,
  replaceOffsets,
  replaceViews,
  type ViewHeap,
} from './loops.ts'
import { type Work, type Workload, warmUpOpCountOf } from './workloads.ts'

/** Room for 100,000 blocks of 736 bytes on average, or 1,000,000 of 64, three times over. */
const heapByteLength = 256 * 2 ** 20
/** Room for 1,000,000 blocks of 736 bytes on average, twice over. */
const longHeapByteLength = 1536 * 2 ** 20

export function heapByteLengthOf({ byteLengths, liveCount }: Workload): number {
  return byteLengths === 'mixed' && liveCount > 100_000 ? longHeapByteLength : heapByteLength
}

/** A contender whose blocks are objects: they are freed by the garbage collector. */
export function prepareViews(work: Work, alloc: ViewHeap): Prepared {
  const live = fillViews(alloc, work)
  return {
    checksum: work.checksum,
    garbage: 'buffers',
    round: work.pattern === 'random' ? replaceViews(alloc, live, work) : pairViews(alloc, work),
    check() {
      expect(new Set(live).size, work.liveCount, 'distinct live views')
    },
  }
}

/** The loops over a kind of heap. */
interface Loops<Heap> {
  replace(heap: Heap, words: Int32Array, live: Int32Array, work: Work): Loop
  pair(heap: Heap, words: Int32Array, work: Work): Loop
}

/** A contender whose blocks are offsets into `buffer`. */
export function prepareOffsets(work: Work, heap: OffsetHeap, buffer: ArrayBufferLike): Prepared {
  return prepareWith({ replace: replaceOffsets, pair: pairOffsets }, work, heap, buffer)
}

/** The same of one byte length, which no call names. */
export function prepareFixed(work: Work, heap: FixedHeap, buffer: ArrayBufferLike): Prepared {
  return prepareWith({ replace: replaceFixed, pair: pairFixed }, work, heap, buffer)
}

function prepareWith<Heap extends OffsetHeap>(
  loops: Loops<Heap>,
  work: Work,
  heap: Heap,
  buffer: ArrayBufferLike,
): Prepared {
  const words = new Int32Array(buffer)
  const live = fillOffsets(heap, words, work)
  return {
    checksum: work.checksum,
    garbage: 'none',
    warmUpOpCount: warmUpOpCountOf(work),
    round:
      work.pattern === 'random'
        ? loops.replace(heap, words, live, work)
        : loops.pair(heap, words, work),
    check() {
      expect(live.indexOf(0), -1, 'index of a failed alloc')
      expect(new Set(live).size, work.liveCount, 'distinct live offsets')
      // Each block still holds the step that allocated it; `fillOffsets` wrote its slot.
      const intact = live.filter((offset, slot) => {
        const step = words[offset >> 2]
        return step === slot || (work.pattern === 'random' && work.slots[step] === slot)
      })
      expect(intact.length, work.liveCount, 'blocks that hold what was written to them')
    },
  }
}

export const newFloat32Array = (work: Work) =>
  prepareViews(work, (byteLength) => new Float32Array((byteLength + 3) >> 2))

export const bufferAllocUnsafe = (work: Work) =>
  prepareViews(work, (byteLength) => Buffer.allocUnsafe(byteLength))

export function thingMalloc(work: Work): Prepared {
  const pool = new MemPool({ size: heapByteLengthOf(work) })
  const heap = {
    alloc: (byteLength: number) => pool.malloc(byteLength),
    free: (offset: number) => pool.free(offset),
    allocFloats: (length: number) => pool.mallocAs('f32', length) as Float32Array,
  }
  const prepared = prepareOffsets(work, heap, pool.buf)
  if (work.pattern !== 'view') return prepared
  return { ...prepared, round: pairArrays(heap, work), garbage: 'buffers' }
}

/** AssemblyScript's heap, compiled by the driver, with all of its memory from the start. */
export async function tlsfWasm(work: Work, { wasmPath }: CaseOptions): Promise<Prepared> {
  const abort = () => {
    throw new Error('the AssemblyScript module aborted')
  }
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), { env: { abort } })
  const { alloc, free, memory } = instance.exports as {
    alloc(byteLength: number): number
    free(offset: number): void
    memory: WebAssembly.Memory
  }
  return prepareOffsets(work, { alloc, free }, memory.buffer)
}
