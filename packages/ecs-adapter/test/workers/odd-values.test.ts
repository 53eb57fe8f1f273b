// As ../odd-values.test.ts, for groups and schedules, which want workers.
import { blocks, verify } from '@ashlar/core'
import {
  createSchedule,
  createWorkerGroup,
  type Port,
  type Schedule,
  type ScheduleEntry,
  type WorkerGroup,
} from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import {
  assertNoFaults,
  type Call,
  faultsOf,
  functionsOf,
  isOptions,
  nothing,
  ODD_VALUES,
  orUndefined,
  type Takes,
} from '../odd-values.ts'
import { assertRejects, createGame, createGroup, endAll, mayBlock } from './game.ts'
import { startWorker } from './worker.ts'

const test = suite('odd values for groups')

const isEmptyArray: Takes = (value) => Array.isArray(value) && value.length === 0
/** What JSON holds without a loss, or converts by toJSON. */
const isPlain: Takes = (value) => {
  if (value instanceof Date || value === undefined || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'string' || typeof value === 'boolean') return true
  if (Array.isArray(value))
    return Array.from(value).every((one) => one !== undefined && isPlain(one))
  if (typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.values(value).every((one) => typeof one !== 'function')
}
const isClass = (value: unknown) => typeof value === 'function' && /^class/.test(String(value))
const isDuration: Takes = (value) => typeof value === 'number' && value > 0
const isLength: Takes = (value) => Number.isInteger(value) && (value as number) > 0

interface All {
  readonly group: WorkerGroup
  readonly schedule: Schedule
  readonly spare: Port
}
const call = (takes: readonly Takes[], args: (all: All) => readonly unknown[]): Call => ({
  takes,
  args,
})
const run = call([nothing, isEmptyArray, isPlain, isOptions], () => ['empty', [], 0, {}])
const none = call([], () => [])

const groupCalls: Readonly<Record<string, Call>> = {
  run,
  runSync: run,
  add: call([nothing], ({ spare }) => [spare]),
  close: none,
}
const scheduleCalls: Readonly<Record<string, Call>> = {
  run: call([isOptions], () => []),
  runSync: call([isOptions], () => []),
  toString: none,
}

for (const kind of threadKinds) {
  test(`${kind}: every function of groups and schedules`, async () => {
    const game = createGame(10)
    const { storage, arena } = game
    const team = await createGroup(game, kind, 1)
    const { group } = team
    const entry = { system: 'empty', entities: () => [1] }
    const spare = startWorker(kind, 'stay away')
    const all: All = { group, schedule: createSchedule(group, [entry]), spare: spare.worker }
    const blockCount = blocks(arena).length
    const check = () => assert.equal(verify(arena), [])
    const walk = async (label: string, subject: object, calls: Readonly<Record<string, Call>>) => {
      assert.equal(functionsOf(subject), Object.keys(calls).sort(), label)
      for (const [name, one] of Object.entries(calls)) {
        if (name === 'runSync' && !mayBlock) continue
        assertNoFaults(
          await faultsOf(
            label,
            () => all,
            () => subject,
            name,
            one,
            check,
          ),
        )
      }
    }
    await walk('group', group, groupCalls)
    await walk('schedule', all.schedule, scheduleCalls)

    const functions = { createWorkerGroup, createSchedule }
    const isEntries: Takes = (value) => Array.isArray(value) && value.length === 0
    const isWorkers: Takes = (value) => isEntries(value) || isClass(value)
    const calls: Record<string, Call> = {
      createSchedule: call([nothing, isEntries], () => [group, [entry]]),
      createWorkerGroup: call([nothing, isWorkers, isOptions], () => [storage, []]),
    }
    const closing: Promise<void>[] = []
    const api = {
      ...functions,
      async createWorkerGroup(...[first, workers, options]: Parameters<typeof createWorkerGroup>) {
        // What a function for the workers throws is thrown on: it is no error of ours.
        const made = await createWorkerGroup(first, isClass(workers) ? [] : workers, options)
        closing.push(made.close())
      },
    }
    await walk('package', api, calls)
    await Promise.all(closing)
    // What a run was called with is kept for the next one; an old manifest waits for `sync`.
    assert.ok(blocks(arena).length <= blockCount + 3, `${blocks(arena).length} blocks`)
    spare.terminate()
    await endAll(game, team)
  })

  test(`${kind}: every option, and every key of an entry`, async () => {
    const game = createGame(10)
    const { storage } = game
    const team = await createGroup(game, kind, 1)
    const { group } = team
    const options: [string, Takes, (options: object) => unknown][] = [
      ['timeoutMs', isDuration, (options) => group.run('empty', [1], 0, options)],
      ['batchSize', isLength, (options) => group.run('empty', [1], 0, options)],
      ['scratchByteLength', nothing, (options) => createWorkerGroup(storage, [], options)],
      ['joinTimeoutMs', nothing, (options) => createWorkerGroup(storage, [], options)],
    ]
    for (const [key, takes, give] of options) {
      for (const value of ODD_VALUES) {
        if (value === undefined || takes(value) || isBig(key, value)) continue
        await refuse(() => give({ [key]: value }), key)
      }
    }
    await group.run('empty', [1], 0, { timeoutMs: Number.POSITIVE_INFINITY, batchSize: 2 ** 53 })

    const entry: ScheduleEntry = { system: 'empty', entities: () => [1] }
    const isNames = orUndefined((value) => Array.isArray(value) && value.length === 0)
    const isName: Takes = (value) => typeof value === 'string' && value !== ''
    const isFunction: Takes = (value) => typeof value === 'function'
    const isAccess: Takes = (value) =>
      value === undefined ||
      (Array.isArray(value) && Array.from(value).every((one) => typeof one === 'object'))
    const keys: Record<keyof ScheduleEntry, Takes> = {
      system: nothing,
      name: orUndefined(isName),
      entities: isFunction,
      reads: isAccess,
      writes: isAccess,
      after: isNames,
      args: orUndefined(isFunction),
      batchSize: orUndefined(isLength),
    }
    for (const [key, takes] of Object.entries(keys)) {
      for (const value of ODD_VALUES) {
        const make = () => createSchedule(group, [{ ...entry, [key]: value }])
        if (takes(value)) make()
        else await refuse(make, key)
      }
    }
    for (const bad of ODD_VALUES) {
      await refuse(() => createSchedule(group, [bad as never]), 'entry 0')
      const entities = createSchedule(group, [{ ...entry, entities: () => bad as number[] }])
      if (isEmptyArray(bad)) await entities.run()
      else await refuse(() => entities.run(), 'the entities')
      const args = createSchedule(group, [{ ...entry, args: () => bad }])
      if (isPlain(bad)) await args.run()
      else await refuse(() => args.run(), 'args')
      const ids = () => group.run('empty', [1, bad] as number[])
      if (isId(bad)) await ids()
      else await refuse(ids, 'at place 1')
    }
    await endAll(game, team)
  })
}

/** An id of the world, though of no entity. */
const isId = (value: unknown) =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 32

const isBig = (key: string, value: unknown) =>
  (key === 'scratchByteLength' && isLength(value) && (value as number) > 64) ||
  (key === 'joinTimeoutMs' && isDuration(value))

/** Also of what throws at once. */
const refuse = (call: () => unknown, ...words: string[]) =>
  assertRejects((async () => await call())(), 'invalid-argument', ...words)

if (isMain) test.run()
