// The queue of runs; with groups of workers it is tested in workers/.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RunQueue } from '../../src/storage/world-state.ts'
import { assertThrows } from '../support.ts'

const test = suite('runs')

const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

test('one run at a time, in the order of the calls', async () => {
  const runs = new RunQueue()
  const log: string[] = []
  const all: Promise<void>[] = []
  const enqueue = (name: string, whileItBegins = () => {}) => {
    const run = async () => {
      log.push(`${name} begins`)
      whileItBegins()
      await turn()
      log.push(`${name} ends`)
      if (name === 'failing') throw new Error(name)
    }
    all.push(runs.enqueue(run))
  }
  enqueue('outer', () => {
    enqueue('inner', () => enqueue('innermost'))
    enqueue('failing')
    assertThrows(() => runs.beginSync(), 'group-busy')
  })
  assert.equal(log, ['outer begins'], 'at once')
  enqueue('next')
  await Promise.allSettled(all)
  await Promise.allSettled(all) // `innermost` came meanwhile
  const order = ['outer', 'inner', 'failing', 'next', 'innermost']
  assert.equal(
    log,
    order.flatMap((name) => [`${name} begins`, `${name} ends`]),
  )
  await turn()
  runs.beginSync()
  assertThrows(() => runs.beginSync(), 'group-busy')
  enqueue('late')
  assert.is(log.at(-1), 'innermost ends', 'it waits for the one that blocks')
  runs.endSync()
  assertThrows(() => runs.beginSync(), 'group-busy')
  await all.at(-1)
  assert.is(log.at(-1), 'late ends')
  enqueue('last')
  assert.is(log.at(-1), 'last begins', 'at once')
  await all.at(-1)
})

test.run()
