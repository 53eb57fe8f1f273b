// A worker of a group: runs the parallel systems of one map after the other, over the same memory.
import { parentPort } from 'node:worker_threads'
import { joinWorkerGroup } from '@ashlar/ecs-adapter'
import { type Commons, createGroupSystems } from './sim/index.ts'

const port = parentPort!

/** The commons of a map come first, and then the group's invitation. */
port.on('message', ({ commons }: { readonly commons?: Commons }) => {
  if (commons !== undefined) joinWorkerGroup(port, createGroupSystems(commons))
})
