// A worker of a group: runs the parallel systems of one map after the other, over the same memory.
import { joinWorkerGroup } from '@ashlar/ecs-adapter'
import { workerPort } from 'example-kit'
import { type Commons, createSystems, createView } from './sim/index.ts'

const port = workerPort()

/** The commons of a map come first, and then the group's invitation. */
port.on('message', ({ commons }: { readonly commons?: Commons }) => {
  if (commons === undefined) return
  joinWorkerGroup(
    port,
    createSystems((context) => createView(context, commons)),
  )
})
