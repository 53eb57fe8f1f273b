/** Remote free: how blocks that other slots own get back to them. The picture is in mail.ts. */
export { exchangeMail } from './exchange.ts'
export { takeMail } from './inbox.ts'
export { PARCEL_BYTE_LENGTH } from './mail.ts'
export { offsetsOnTheWay } from './on-the-way.ts'
export { createPost, deliverAll, dropAllParcels, type Front, hasParcels } from './outbox.ts'
export { parcelsOf, settleMail } from './settle.ts'
