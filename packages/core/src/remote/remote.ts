/**
 * Remote free: how a block gets back to the slot that owns it when another slot frees it. Its
 * offset goes through a queue; without memory for a queue, the block gets a freed bit. Invariant: a
 * block that was freed remotely is free, or in exactly one queue, or has a freed bit. Pictures:
 * queue.ts, freed-bits.ts.
 */
export { announce, markFreed, settleSweep, sweepFreedBits } from './freed-bits.ts'
export { exchangeQueues, receiveAll } from './inbox.ts'
export { createEnqueue, deliverAll, dropAllSegments, type PoolCore } from './outbox.ts'
export { SEGMENT_BYTE_LENGTH } from './queue.ts'
export { hasSegments, offsetsOnTheWay, segmentsOf, settleQueues } from './settle.ts'
