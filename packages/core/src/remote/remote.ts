/**
 * Room remote: frees a block that belongs to another slot. The offset of the block goes to the
 * owner through a queue. If there is no memory for a queue, the block gets a freed bit instead.
 * Invariant: a block that was freed remotely is free already, or is in exactly one queue, or has a
 * freed bit.
 *
 * queue.ts and freed-bits.ts describe the two ways.
 */
export { announce, markFreed, settleSweep, sweepFreedBits } from './freed-bits.ts'
export { exchangeQueues, receiveAll } from './inbox.ts'
export { createEnqueue, deliverAll, dropAllSegments, type PoolCore } from './outbox.ts'
export { SEGMENT_BYTE_LENGTH } from './queue.ts'
export { hasSegments, offsetsOnTheWay, segmentsOf, settleQueues } from './settle.ts'
