/** The workers of these tests: a bundle that imports this is its own worker. */
import { joinWorkerGroup, type Port } from '@ashlar/ecs-adapter'
import { isMain, startThread, type ThreadKind } from '../../../../test/support/threads.ts'
import { systems } from '../../src/sim/index.ts'

if (!isMain) {
  const { parentPort } =
    'process' in globalThis ? await import('node:worker_threads') : { parentPort: null }
  await joinWorkerGroup(parentPort ?? (globalThis as unknown as Port), systems)
}

export function startWorkers(kind: ThreadKind, count: number) {
  const threads = Array.from({ length: count }, () =>
    startThread(
      kind,
      () => {},
      () => {},
    ),
  )
  return {
    workers: threads.map(({ worker }) => worker as Port),
    terminate() {
      for (const thread of threads) thread.terminate()
    },
  }
}
