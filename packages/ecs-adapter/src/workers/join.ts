/** How a worker joins a group. */
import { holdLife } from '@ashlar/core'
import { invalidArgument } from '../base/errors.ts'
import { checkPort, type Port } from '../base/ports.ts'
import type { AnyComponent } from '../schema/schema.ts'
import type { Table } from '../tables/table.ts'
import { type Invitation, isFirstToClaim, type Reply, withInvitation } from './invitations.ts'
import { JoinedWorker } from './joined-worker.ts'
import type { System } from './system.ts'

/**
 * Joins the group that the other side of the port makes by `createWorkerGroup`. In a group the
 * worker sleeps between runs; about 20 times a second it handles messages and timers.
 *
 * @param port `parentPort` of `node:worker_threads`, or `self`
 * @param systems by the names that `group.run` takes; all workers of a group give the same names
 * @returns resolves when the worker has left the group, or could not join: then `createWorkerGroup`
 * or `group.add` rejects with the reason
 * @throws StorageError 'invalid-argument'
 */
export function joinWorkerGroup<
  C = Readonly<Record<string, AnyComponent>>,
  T = Readonly<Record<string, Table>>,
>(port: Port, systems: Readonly<Record<string, System<C, T>>>): Promise<void> {
  checkPort('the port', port)
  const entries = Object.entries(systems ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, system] of entries) {
    if (typeof system !== 'function') throw invalidArgument(`system ${name}`, system, 'a function')
  }
  if (entries.length === 0) {
    throw invalidArgument('the systems', systems, 'an object of functions, by their names')
  }
  const names = entries.map(([name]) => name)
  const functions = entries.map(([, system]) => system as System)
  return withInvitation(port, (invitation) => serve(port, invitation, names, functions))
}

/** Joins, and works until the group lets go. Resolves to false if the invitation was withdrawn. */
async function serve(
  port: Port,
  invitation: Invitation,
  names: readonly string[],
  systems: readonly System[],
): Promise<boolean> {
  const { life } = invitation
  const reply = (rest: Partial<Reply>) =>
    port.postMessage({ ashlar: 'group-reply', life, ...rest } satisfies Reply)
  let worker: JoinedWorker
  try {
    await holdLife(life)
    if (!isFirstToClaim(invitation)) return false
    worker = new JoinedWorker(invitation, systems)
  } catch (error) {
    reply({ error: String(error) })
    return true
  }
  reply({ systems: names })
  await worker.work()
  return true
}
