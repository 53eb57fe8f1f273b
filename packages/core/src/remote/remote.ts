/**
 * Remote free: how blocks that other slots own get back to them. By mail, or where there is no memory
 * for that by freed bits. The pictures are in mail.ts and freed-bits.ts.
 */
export { exchangeMail } from './exchange.ts'
export { announce, markFreed, settleSweep, sweepFreedBits } from './freed-bits.ts'
export { takeMail } from './inbox.ts'
export { PARCEL_BYTE_LENGTH } from './mail.ts'
export { offsetsOnTheWay } from './on-the-way.ts'
export { createPost, deliverAll, dropAllParcels, type Front, hasParcels } from './outbox.ts'
export { parcelsOf, settleMail } from './settle.ts'
