/**
 * Remote free: how blocks that other slots own get back to them. By mail, or where there is no memory
 * for that by freed bits. The pictures are in mail.ts and freed-bits.ts.
 */
export { exchangeQueues } from './exchange.ts'
export { announce, markFreed, settleSweep, sweepFreedBits } from './freed-bits.ts'
export { receiveAll } from './inbox.ts'
export { offsetsOnTheWay } from './on-the-way.ts'
export {
  createEnqueue,
  deliverAll,
  dropAllSegments,
  hasSegments,
  type PoolFastPaths,
} from './outbox.ts'
export { SEGMENT_BYTE_LENGTH } from './queue.ts'
export { segmentsOf, settleQueues } from './settle.ts'
