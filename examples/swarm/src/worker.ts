// The program of a worker.
import { joinWorkerGroup } from '@ashlar/ecs-adapter'
import { workerPort } from 'example-kit'
import { systems } from './sim/index.ts'

joinWorkerGroup(workerPort(), systems)
