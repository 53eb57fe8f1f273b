// A worker of a group: runs the parallel systems of one map after the other, over the same memory.
import { parentPort } from 'node:worker_threads'
import { joinWorkerGroup, type SystemContext } from '@ashlar/ecs-adapter'
import {
  type Commons,
  type Components,
  createSystems,
  createView,
  type SystemName,
} from './sim/index.ts'

type Context = SystemContext<Components>

const port = parentPort!

/** The commons of a map come first, and then the group's invitation. */
port.on('message', (message: { readonly commons?: Commons }) => {
  const { commons } = message
  if (commons === undefined) return
  let systems: ReturnType<typeof createSystems> | undefined
  const run = (name: SystemName) => (context: Context) => {
    systems ??= createSystems(createView(context, commons))
    systems[name](context.entities, context.commands)
  }
  joinWorkerGroup(port, { think: run('think'), fly: run('fly') })
})
