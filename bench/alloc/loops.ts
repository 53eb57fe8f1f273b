// The measured loops. Each process runs one of them with one contender, so calls stay monomorphic.
// Every alloc writes the block's first word, as in `native.c`: a block is there to be used.
//
// Loops are closures over their heap, as code is that keeps its pool in a constant: V8 embeds what
// a closure that exists once refers to. As a parameter, the heap of every contender takes 1.5 ns
// more.
import type { Work } from './workloads.ts'

export type Loop = (opCount: number) => void

/** Blocks named by a byte offset into one buffer; `words` is that buffer as 32-bit words. */
export interface OffsetHeap {
  alloc(byteLength: number): number
  free(offset: number): unknown
}

/** Blocks of one byte length. As an `OffsetHeap`, it ignores the byte length that is asked for. */
export interface FixedHeap {
  alloc(): number
  free(offset: number): unknown
}

/** Blocks that are typed arrays over one buffer, each freed by its `byteOffset`. */
export interface ArrayHeap {
  allocFloats(length: number): Float32Array
  free(offset: number): unknown
}

/** Blocks that are objects. Dropping the last reference is the free. */
export type ViewHeap = (byteLength: number) => Uint8Array | Float32Array

export function fillOffsets(heap: OffsetHeap, words: Int32Array, work: Work): Int32Array {
  const { liveCount, requests, stepMask } = work
  const live = new Int32Array(liveCount)
  for (let slot = 0; slot < live.length; slot++) {
    live[slot] = heap.alloc(requests[slot & stepMask])
    words[live[slot] >> 2] = slot
  }
  return live
}

export function fillViews(alloc: ViewHeap, work: Work): (Uint8Array | Float32Array)[] {
  const { liveCount: length, requests, stepMask } = work
  return Array.from({ length }, (_, slot) => alloc(requests[slot & stepMask]))
}

export function replaceOffsets(
  heap: OffsetHeap,
  words: Int32Array,
  live: Int32Array,
  work: Work,
): Loop {
  const { slots, requests, stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const slot = slots[step]
      heap.free(live[slot])
      const offset = heap.alloc(requests[step])
      words[offset >> 2] = step
      live[slot] = offset
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}

/** As `replaceOffsets`, but no step reads a byte length. */
export function replaceFixed(
  heap: FixedHeap,
  words: Int32Array,
  live: Int32Array,
  work: Work,
): Loop {
  const { slots, stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const slot = slots[step]
      heap.free(live[slot])
      const offset = heap.alloc()
      words[offset >> 2] = step
      live[slot] = offset
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}

export function replaceViews(
  alloc: ViewHeap,
  live: (Uint8Array | Float32Array)[],
  work: Work,
): Loop {
  const { slots, requests, stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const view = alloc(requests[step])
      view[0] = step
      live[slots[step]] = view
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}

export function pairOffsets(heap: OffsetHeap, words: Int32Array, work: Work): Loop {
  const { requests, stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const offset = heap.alloc(requests[step])
      words[offset >> 2] = step
      heap.free(offset)
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}

/** As `pairOffsets`, but no step reads a byte length. */
export function pairFixed(heap: FixedHeap, words: Int32Array, work: Work): Loop {
  const { stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const offset = heap.alloc()
      words[offset >> 2] = step
      heap.free(offset)
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}

/**
 * No sink keeps the views: engines were seen to make each of them all the same (with a sink and
 * without, `new Float32Array(64)` takes as long), and its write barrier costs 4 ns.
 */
export function pairViews(alloc: ViewHeap, work: Work): Loop {
  const { requests, stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const view = alloc(requests[step])
      view[0] = step
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}

export function pairArrays(heap: ArrayHeap, work: Work): Loop {
  const { requests, stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const view = heap.allocFloats(requests[step] >> 2)
      view[0] = step
      heap.free(view.byteOffset)
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}

/** A typed array made by hand at each alloc; the block is freed by the offset. */
export function pairOwnViews(heap: OffsetHeap, buffer: ArrayBufferLike, work: Work): Loop {
  const { requests, stepMask } = work
  return (opCount) => {
    let step = work.step
    for (let i = 0; i < opCount; i++) {
      const byteLength = requests[step]
      const offset = heap.alloc(byteLength)
      const view = new Float32Array(buffer, offset, byteLength >> 2)
      view[0] = step
      heap.free(offset)
      step = (step + 1) & stepMask
    }
    work.step = step
  }
}
