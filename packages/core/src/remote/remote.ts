/** Remote free: how blocks that other slots own get back to them. The picture is in mail.ts. */
export { takeMail } from './inbox.ts'
export { createPost, deliverAll, dropAllParcels, type Front } from './outbox.ts'
export { isParcelInUse, settleMail } from './settle.ts'
