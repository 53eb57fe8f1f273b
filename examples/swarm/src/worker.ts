// The program of a worker.
import { parentPort } from 'node:worker_threads'
import { joinSwarm } from './join.ts'

joinSwarm(parentPort!)
