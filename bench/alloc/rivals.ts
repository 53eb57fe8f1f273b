// Everything that Ashlar is measured against, except native malloc (native.c).
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { MemPool } from '@thi.ng/malloc'
import { type CaseOptions, expect, type Prepared } from '../case.ts'
import {
  fillOffsets,
  fillViews,
  type OffsetHeap,
  pairArrays,
  pairOffsets,
  pairViews,
  replaceOffsets,
  replaceViews,
  type ViewHeap,
} from './loops.ts'
import type { Work } from './workloads.ts'

/** Room for 100,000 blocks of 736 bytes on average, three times over. */
export const heapByteLength = 256 * 2 ** 20

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

/** A contender whose blocks are offsets into `buffer`. */
export function prepareOffsets(work: Work, heap: OffsetHeap, buffer: ArrayBufferLike): Prepared {
  const words = new Int32Array(buffer)
  const live = fillOffsets(heap, words, work)
  return {
    checksum: work.checksum,
    garbage: 'none',
    round:
      work.pattern === 'random'
        ? replaceOffsets(heap, words, live, work)
        : pairOffsets(heap, words, work),
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
  const pool = new MemPool({ size: heapByteLength })
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
