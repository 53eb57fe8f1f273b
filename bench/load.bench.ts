// Changing load: refill counts that are learned against fixed ones. The same file is the inside of
// a measuring process, and the worker of its producer. See load/README.md.
import { isMainThread } from 'node:worker_threads'
import * as cases from './load/cases.ts'
import { openContender } from './load/contenders.ts'
import { measureCurve } from './load/curve.ts'
import { consume, createProducer } from './load/hand-over.ts'
import { measure } from './load/measure.ts'
import { createPlayer } from './load/player.ts'
import { lookAtResident } from './load/resident.ts'
import { scripts } from './load/scripts.ts'

if (isMainThread) console.log(JSON.stringify(await run(JSON.parse(process.argv[2]))))
else consume()

async function run(options: cases.CaseOptions | { workload: typeof cases.resident; kind: string }) {
  if ('kind' in options) return lookAtResident(options.kind)
  const opened = openContender(options.contender)
  if (options.workload === cases.curve) return measureCurve(opened)
  if (options.workload === cases.producerConsumer) return measure(createProducer(opened), options)
  return measure(createPlayer(opened, scripts[options.workload]()), options)
}
