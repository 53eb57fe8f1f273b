/** How a worker gets invitations of groups: one at a time, and none is lost. */

import { onMessage, type Port } from '../base/ports.ts'
import { type Invitation, isInvitation } from './board.ts'

/** By port: those that came while its worker was in another group. */
const kept = new WeakMap<Port, Invitation[]>()

/** Passes the next invitation to `accept`. What comes until that is done is kept for the next call. */
export async function withInvitation(
  port: Port,
  accept: (invitation: Invitation) => Promise<void>,
): Promise<void> {
  const waiting = kept.get(port) ?? []
  kept.set(port, waiting)
  let onArrival = () => {}
  const stop = onMessage(port, (message) => {
    if (!isInvitation(message)) return
    waiting.push(message)
    onArrival()
  })
  if (waiting.length === 0) {
    await new Promise<void>((resolve) => {
      onArrival = resolve
    })
  }
  try {
    await accept(waiting.shift()!)
  } finally {
    stop()
  }
}
