// The program of a worker.
import { parentPort } from 'node:worker_threads'
import { joinWorkerGroup } from '@ashlar/ecs-adapter'
import { systems } from './sim/index.ts'

joinWorkerGroup(parentPort!, systems)
