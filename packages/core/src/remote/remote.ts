/** Remote free: how blocks that other slots own get back to them. The picture is in mail.ts. */
export { takeMail } from './inbox.ts'
export { createPost, deliverAll, type Front } from './outbox.ts'
export { isParcelInUse, settleMail } from './settle.ts'
