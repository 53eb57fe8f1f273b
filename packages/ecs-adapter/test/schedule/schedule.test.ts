// What a schedule says of itself; it is run in workers/schedule.test.ts.
import {
  createSchedule,
  createTable,
  createWorkerGroup,
  type ScheduleEntry,
  StorageError,
  t,
} from '@ashlar/ecs-adapter'
import { createRelation, IsA, Pair, Wildcard } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createScene } from '../support.ts'

const test = suite('schedule')

const none = () => []

async function createParts() {
  const { storage } = createScene()
  const Position = storage.component('Position', { x: t.f32 })
  const Velocity = storage.component('Velocity', { x: t.f32 })
  const Brain = storage.component('Brain', { mood: t.u8 })
  const Spin = storage.component('Spin', { angle: t.f32 })
  const group = await createWorkerGroup(storage, []) // systems are checked when there are workers
  return { storage, group, Position, Velocity, Brain, Spin }
}

test('stages, printed', async () => {
  const { group, storage, Position, Velocity, Brain, Spin } = await createParts()
  const schedule = createSchedule(group, [
    { system: 'think', entities: none, reads: [Position], writes: [Brain] },
    { system: 'steer', entities: none, reads: [Brain], writes: [Velocity] },
    { system: 'spin', entities: none, writes: [Spin] },
    { system: 'log', entities: none },
    { system: 'spin', name: 'spin "again"', entities: none, writes: [Spin, Velocity] },
    { system: 'idle', entities: none, reads: [], after: ['steer'] },
  ])
  assert.equal(schedule.stages, [['think', 'spin'], ['steer'], ['log'], ['spin "again"', 'idle']])
  const lines = [
    '1  think         reads Position; writes Brain',
    '   spin          writes Spin',
    '2  steer         reads Brain; writes Velocity',
    '                   after think: reads Brain, which think writes',
    '3  log           declares nothing: runs alone',
    '                   after steer: log declares nothing',
    '                   after spin: log declares nothing',
    '4  spin "again"  writes Spin, Velocity',
    '                   after log: log declares nothing',
    '   idle          reads and writes nothing',
    '                   after log: log declares nothing',
  ]
  assert.equal(String(schedule).split('\n'), lines)
  await group.close()
  storage.dispose()
})

test('what is read and written: components, by name as well, tags, any object', async () => {
  const { group, storage, Position } = await createParts()
  const tag = {}
  const other = { x: [] }
  function Sky() {}
  const sound = { name: 'sound' }
  const named = { name: '' }
  const entries: ScheduleEntry[] = [
    { system: 'a', entities: none, writes: [Position, tag, other, Sky, sound] },
    { system: 'b', entities: none, reads: ['Position'] },
    { system: 'c', entities: none, writes: [tag] },
    { system: 'd', entities: none, reads: [other], writes: [tag] },
    { system: 'e', entities: none, writes: [Sky] },
    { system: 'f', entities: none, reads: [sound] },
    { system: 'g', entities: none, reads: [{}, named], after: ['f'] },
  ]
  const schedule = createSchedule(group, entries)
  assert.equal(schedule.stages, [['a'], ['b', 'c', 'e', 'f'], ['d', 'g']])
  for (const words of [
    'writes Position, unnamed 1, unnamed 2, Sky, sound',
    'b  reads Position',
    'after c: both write unnamed 1',
    'after a: both write Sky',
    'after a: reads sound, which a writes',
    'reads unnamed 3, unnamed 4',
    'after f: as it says',
  ]) {
    assert.ok(String(schedule).includes(words), `${words}\n${schedule}`)
  }
  entries.length = 0 // it keeps its own
  assert.is(schedule.stages.flat().length, 7)
  await group.close()
  storage.dispose()
})

test('pairs stand for their relation, which goes by a number', async () => {
  const { group, storage, Position } = await createParts()
  const [ChildOf, Likes] = [
    createRelation<object>(),
    createRelation({ store: () => ({ much: [] }) }),
  ]
  const schedule = createSchedule(group, [
    { system: 'a', entities: none, writes: [ChildOf] },
    { system: 'b', entities: none, reads: [ChildOf(5)] },
    { system: 'c', entities: none, reads: [ChildOf('*'), Position], writes: [Likes(1), Likes(2)] },
    { system: 'd', entities: none, reads: [Likes(3)], writes: [Pair(IsA, 7)] },
    { system: 'e', entities: none, writes: [ChildOf(Wildcard)] },
    { system: 'f', entities: none, reads: [IsA(8)] },
  ])
  assert.equal(schedule.stages, [['a'], ['b', 'c'], ['d', 'e'], ['f']])
  assert.equal(String(schedule).split('\n'), [
    '1  a  writes relation 1',
    '2  b  reads relation 1',
    '        after a: reads relation 1, which a writes',
    '   c  reads relation 1, Position; writes relation 2',
    '        after a: reads relation 1, which a writes',
    '3  d  reads relation 2; writes relation 3',
    '        after c: reads relation 2, which c writes',
    '   e  writes relation 1',
    '        after b: writes relation 1, which b reads',
    '        after c: writes relation 1, which c reads',
    '4  f  reads relation 3',
    '        after d: reads relation 3, which d writes',
  ])
  for (const what of [Wildcard, Wildcard(5), Pair(Wildcard, '*')]) {
    assert.throws(
      () => createSchedule(group, [{ system: 'a', entities: none, reads: [what] }]),
      /entry 0: reads: one is "Wildcard", expected the relations/,
    )
  }
  await group.close()
  storage.dispose()
})

test('tables are printed by name; a name of table and component means both', async () => {
  const { group, storage, Spin } = await createParts()
  const Bullet = createTable(storage, 'Bullet', { x: t.f32 })
  const spins = createTable(storage, 'Spin', { x: t.f32 })
  const schedule = createSchedule(group, [
    { system: 'a', entities: () => Bullet, writes: ['Bullet'] },
    { system: 'b', entities: () => Bullet, reads: [Bullet] },
    { system: 'c', entities: none, writes: [Spin] },
    { system: 'd', entities: none, reads: [spins] },
    { system: 'e', entities: none, writes: ['Spin'] },
  ])
  assert.equal(String(schedule).split('\n'), [
    '1  a  writes Bullet',
    '   c  writes Spin',
    '   d  reads Spin',
    '2  b  reads Bullet',
    '        after a: reads Bullet, which a writes',
    '   e  writes Spin',
    '        after c: both write Spin',
    '        after d: writes Spin, which d reads',
  ])
  await group.close()
  storage.dispose()
})

test('a schedule without systems', async () => {
  const { group, storage } = await createParts()
  const schedule = createSchedule(group, [])
  assert.equal(schedule.stages, [])
  assert.is(String(schedule), 'no systems')
  await schedule.run()
  await group.close()
  storage.dispose()
})

test('invalid entries are reported by their place', async () => {
  const { group, storage } = await createParts()
  const good = { system: 'a', entities: none }
  const cases: [entries: unknown, ...words: string[]][] = [
    [undefined, 'the entries is undefined'],
    [[null], 'entry 0 is null'],
    [[good, 'b'], 'entry 1 is "b"'],
    [[{ ...good, system: 5 }], 'entry 0: system is 5'],
    [[{ ...good, system: '' }], 'entry 0: system is ""'],
    [[{ ...good, name: '' }], 'entry 0: name is ""'],
    [[{ ...good, entities: [1] }], 'entry 0: entities is Array', 'a function'],
    [[{ ...good, args: { dt: 1 } }], 'entry 0: args is Object', 'a function'],
    [[{ ...good, batchSize: 0 }], 'batchSize is 0'],
    [[{ ...good, reads: 'Position' }], 'entry 0: reads is "Position"', 'an array'],
    [[{ ...good, writes: [3] }], 'entry 0: writes: one is 3'],
    [
      [{ ...good, writes: ['Positon'] }],
      'entry 0: writes: no component',
      'Did you mean "Position"?',
    ],
    [[{ ...good, reads: ['sound'] }], 'give an object, such as { name: "sound" }'],
    [[{ ...good, reads: ['toString'] }], 'no component or table'],
    [[{ ...good, reads: [undefined] }], 'entry 0: reads: one is undefined', 'a component'],
    [[{ ...good, read: [] }], 'a key is "read"', 'reads'],
    [[good, good], 'entries 0 and 1 are both called "a"', '`name`'],
    [[{ ...good, after: 'a' }], 'entry 0: after is "a"'],
    [[{ ...good, after: ['a'] }], 'entry 0: after is "a"', 'none'],
    [[good, { ...good, name: 'b', after: ['c'] }], 'entry 1: after is "c"', '"a"'],
    [
      Array.from({ length: 65 }, (_, i) => ({ ...good, name: `s${i}`, reads: [] })),
      '65 systems would run at once',
      'after',
    ],
  ]
  for (const [entries, ...words] of cases) {
    assert.throws(
      () => createSchedule(group, entries as ScheduleEntry[]),
      (error: Error) =>
        error instanceof StorageError &&
        error.code === 'invalid-argument' &&
        words.every((word) => error.message.includes(word)),
      words.join(', '),
    )
  }
  assert.throws(() => createSchedule({} as never, []), /createWorkerGroup\(\)/)
  await group.close()
  storage.dispose()
})

test.run()
