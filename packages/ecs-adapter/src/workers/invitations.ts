/** The messages by which a group invites a worker, and by which the worker replies. */
import type { ThreadLock } from '@ashlar/core'
import { onFailure, onMessage, type Port } from '../base/ports.ts'
import { notJoined } from '../base/run-errors.ts'
import { WAIT_MS_MAX } from '../base/wait.ts'
import type { StorageHandle } from '../shared/manifest.ts'

export interface Invitation {
  readonly ashlar: 'group-invitation'
  readonly arena: { readonly buffer: ArrayBufferLike; readonly byteOffset: number }
  readonly storage: StorageHandle
  readonly controlBlock: number
  /** The index of the worker in the control block. */
  readonly index: number
  readonly slot: number
  /** The lock that the worker must hold. It also distinguishes invitations. */
  readonly lock: ThreadLock
  /**
   * One word outside of the arena. The side that sets it first decides whether the worker joins.
   */
  readonly claim: Int32Array
  readonly scratchByteLength: number
}

/**
 * Claims an invitation, and returns whether this side was first. The worker calls it once it holds
 * its lock. The group calls it when it stops waiting for a reply.
 */
export const isFirstToClaim = ({ claim }: Invitation) => Atomics.exchange(claim, 0, 1) === 0

export interface Reply {
  readonly ashlar: 'group-reply'
  /** The lock of the invitation. */
  readonly lock: ThreadLock
  /** The sorted names of the worker's systems. Missing if the worker could not join. */
  readonly systems?: readonly string[]
  /** The reason why the worker could not join. */
  readonly error?: string
}

export const isInvitation = (message: unknown): message is Invitation =>
  isTagged(message, 'group-invitation')

export const isReply = (message: unknown): message is Reply => isTagged(message, 'group-reply')

const isTagged = (message: unknown, tag: string) =>
  typeof message === 'object' && message !== null && 'ashlar' in message && message.ashlar === tag

const HINT =
  'Does its script call joinWorkerGroup() while it starts, and does it still run? One call joins ' +
  'one group, once'

/**
 * Posts an invitation. Resolves with the reply, even if the reply says that the worker could not
 * join.
 * @throws The promise rejects with StorageError 'not-joined' if no reply comes, or with what
 * `postMessage` throws
 */
export function invite(worker: Port, invitation: Invitation, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => settle(() => reject(notJoined(`${reason}. ${HINT}`)))
    const stops = [
      onReply(worker, invitation, (reply) => settle(() => resolve(reply))),
      onFailure(worker, (reason) =>
        fail(`a worker failed before it joined: ${reason}. Mend that, and start another`),
      ),
    ]
    const timer = setTimeout(
      () => fail(`a worker has not joined within ${timeoutMs} ms`),
      Math.min(timeoutMs, WAIT_MS_MAX),
    )
    const settle = (end: () => void) => {
      clearTimeout(timer)
      for (const stop of stops) stop()
      end()
    }
    try {
      worker.postMessage(invitation)
    } catch (error) {
      settle(() => reject(error))
    }
  })
}

/** Calls the listener with replies to the invitation. Returns a function that stops this. */
export function onReply(
  worker: Port,
  { lock }: Invitation,
  listener: (reply: Reply) => void,
): () => void {
  return onMessage(worker, (message) => {
    if (isReply(message) && message.lock?.lockName === lock.lockName) listener(message)
  })
}

/** For each port, the invitations that came while the worker was in another group. */
const kept = new WeakMap<Port, Invitation[]>()

/**
 * Passes invitations to `accept`, one at a time. It stops when `accept` resolves to true: the
 * worker has left the group, or could not join. Later invitations are kept for the next call.
 */
export async function withInvitation(
  port: Port,
  accept: (invitation: Invitation) => Promise<boolean>,
): Promise<void> {
  const waiting = kept.get(port) ?? []
  kept.set(port, waiting)
  let onArrival = () => {}
  const stop = onMessage(port, (message) => {
    if (!isInvitation(message)) return
    waiting.push(message)
    onArrival()
  })
  try {
    let hasJoined = false
    while (!hasJoined) {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          onArrival = resolve
        })
      }
      hasJoined = await accept(waiting.shift()!)
    }
  } finally {
    stop()
  }
}
