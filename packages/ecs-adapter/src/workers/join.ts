/** How a worker joins a group. */
import { holdThreadLock } from '@ashlar/core'
import { checkPort, type Port } from '../base/ports.ts'
import { type Invitation, isFirstToClaim, type Reply, withInvitation } from './invitations.ts'
import { JoinedWorker } from './joined-worker.ts'
import { type AnySystems, type CheckedSystems, checkSystems, type Systems } from './system.ts'

/**
 * Joins the worker group that the other side of the port makes by `createWorkerGroup`. Call it
 * while the worker starts. In a group, the worker sleeps between runs. About 20 times a second, it
 * handles its own messages and timers.
 *
 * ```ts
 * import { parentPort } from 'node:worker_threads'
 * if (parentPort) joinWorkerGroup(parentPort, systems)
 * ```
 *
 * @param port `parentPort` of `node:worker_threads`, or `self`
 * @param systems what `defineSystems` returned, or functions by name. All workers of a group have
 * the same names
 * @returns a promise that resolves when the worker has left the group. It also resolves if the
 * worker could not join: then `createWorkerGroup` or `group.add` rejects with the reason
 * @throws StorageError 'invalid-argument'
 */
export function joinWorkerGroup(port: Port, systems: Systems): Promise<void>
/**
 * Joins a worker group with systems that declare the types of their components, tables and
 * arguments.
 *
 * @param port `parentPort` of `node:worker_threads`, or `self`
 * @param systems what `defineSystems` returned, or functions by name. All workers of a group have
 * the same names
 * @returns a promise that resolves when the worker has left the group. It also resolves if the
 * worker could not join: then `createWorkerGroup` or `group.add` rejects with the reason
 * @throws StorageError 'invalid-argument'
 */
export function joinWorkerGroup(port: Port, systems: AnySystems): Promise<void>
export function joinWorkerGroup(port: Port, systems: unknown): Promise<void> {
  checkPort('the port', port)
  const checked = checkSystems(systems)
  return withInvitation(port, (invitation) => serve(port, invitation, checked))
}

/**
 * Joins a group, and works until the group releases the worker. Resolves to false if the invitation
 * was withdrawn.
 */
async function serve(
  port: Port,
  invitation: Invitation,
  { names, functions }: CheckedSystems,
): Promise<boolean> {
  const { lock } = invitation
  const reply = (rest: Partial<Reply>) =>
    port.postMessage({ ashlar: 'group-reply', lock, ...rest } satisfies Reply)
  let worker: JoinedWorker
  try {
    await holdThreadLock(lock)
    if (!isFirstToClaim(invitation)) return false
    worker = new JoinedWorker(invitation, functions)
  } catch (error) {
    reply({ error: String(error) })
    return true
  }
  reply({ systems: names })
  await worker.work()
  return true
}
