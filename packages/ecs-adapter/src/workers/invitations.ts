/** The messages by which a group invites a worker and the worker replies. */
import type { Life } from '@ashlar/core'
import { onFailure, onMessage, type Port } from '../base/ports.ts'
import { WAIT_MS_MAX } from '../base/wait.ts'
import type { StorageHandle } from '../shared/manifest.ts'
import { notJoined } from '../storage/run-errors.ts'

export interface Invitation {
  readonly ashlar: 'group-invitation'
  /** Distinguishes groups. */
  readonly group: string
  readonly arena: { readonly buffer: ArrayBufferLike; readonly byteOffset: number }
  readonly storage: StorageHandle
  readonly controlBlock: number
  /** Index of the worker in the control block. */
  readonly index: number
  readonly slot: number
  readonly life: Life
  /** One word outside the arena: the side that sets it first decides whether the worker joins. */
  readonly claim: Int32Array
  readonly scratchByteLength: number
}

/** Set by the worker, once it holds its life. */
export const CLAIM_JOINS = 1
/** Set by the group, when it waits no longer. */
export const CLAIM_WITHDRAWN = 2

export const isFirstToClaim = (claim: Int32Array, value: number) =>
  Atomics.compareExchange(claim, 0, 0, value) === 0

export interface Reply {
  readonly ashlar: 'group-reply'
  readonly group: string
  readonly index: number
  /** Sorted names; missing if the worker could not join. */
  readonly systems?: readonly string[]
  /** Why the worker could not join. */
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

/** Resolves with the reply. @throws (the promise) StorageError 'not-joined' */
export function invite(worker: Port, invitation: Invitation, timeoutMs: number): Promise<Reply> {
  const { group, index } = invitation
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => settle(() => reject(notJoined(`${reason}. ${HINT}`)))
    const stops = [
      onReply(worker, group, index, (reply) => settle(() => resolve(reply))),
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

/** Returns what ends listening. */
export function onReply(
  worker: Port,
  group: string,
  index: number,
  listener: (reply: Reply) => void,
): () => void {
  return onMessage(worker, (message) => {
    if (isReply(message) && message.group === group && message.index === index) listener(message)
  })
}

/** By port: the invitations that came while the worker was in another group. */
const kept = new WeakMap<Port, Invitation[]>()

/**
 * Passes invitations to `accept` until it has joined one. An invitation that comes meanwhile is
 * kept for the next call.
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
