/** How a worker gets invitations of groups: one at a time, and none is lost. */

import { onMessage, type Port } from '../base/ports.ts'
import { type Invitation, isInvitation } from './control-block.ts'

/** By port: those that came while its worker was in another group. */
const kept = new WeakMap<Port, Invitation[]>()

/**
 * Passes invitations to `accept` until it has joined one. What comes until that is done is kept for the
 * next call.
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
