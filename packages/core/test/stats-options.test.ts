import { Arena, exactStats, type StatsOptions } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { refusesUnharmed } from './support/checks.ts'
import { smallArena } from './support/memory.ts'

const test = suite('stats, options')
const SPAN = 65536
const STATS = [exactStats, (arena: Arena, options?: StatsOptions) => arena.stats(options)]

test('of one slot: its figures alone; those of all slots add up to the whole', () => {
  const { arena } = smallArena(16 << 20)
  const pools = [56, 1000, 700_000].map((byteLength) => {
    const pool = arena.openPool()
    for (let i = 0; i < 5; i++) pool.alloc(byteLength)
    return pool
  })
  for (const stats of STATS) {
    const all = stats(arena)
    const each = all.slots.map(({ slot }) => stats(arena, { slot }))
    for (const [index, one] of each.entries()) {
      assert.equal(one.slots, [all.slots[index]])
      assert.is(one.committedByteLength, all.slots[index].spanCount * SPAN)
      assert.is(one.peakCommittedByteLength, all.slots[index].peakSpanCount * SPAN)
      const { liveByteLength, freeByteLength, uncarvedByteLength, wasteByteLength } = one
      assert.is(
        liveByteLength + freeByteLength + uncarvedByteLength + wasteByteLength,
        one.committedByteLength,
      )
    }
    for (const key of [
      'liveBlockCount',
      'liveByteLength',
      'refillCount',
      'requestedByteLength',
    ] as const) {
      assert.is(
        each.reduce((sum, one) => sum + one[key], 0),
        all[key],
        key,
      )
    }
    const large = stats(arena, { slot: pools[2].slot })
    assert.equal([large.liveBlockCount, large.classes.at(-1)?.liveBlockCount], [5, 5])
  }
  assert.equal(arena.stats({ slot: 14 }).slots, [])
})

test('into: what is given back is what was given, filled as a new one would be', () => {
  const { arena, pool } = smallArena(8 << 20)
  const stats = arena.stats()
  const { slots, classes } = stats
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 20; i++) pool.alloc(round * i)
    if (round % 10 === 5) arena.openPool()
    const options = round % 7 === 3 ? { slot: 0 } : {}
    const figures = STATS[round % 3 === 0 ? 0 : 1]
    assert.is(figures(arena, { ...options, into: stats }), stats)
    assert.equal(stats, figures(arena, options))
    assert.ok(stats.slots === slots && stats.classes === classes)
  }
})

test('into: figures of another arena that has the same classes, or a clone of these', () => {
  const [{ arena }, { arena: other }] = [smallArena(), smallArena(2 << 20)]
  for (const figures of STATS) {
    const into = other.stats()
    assert.is(figures(arena, { into }), into)
    assert.equal(into, figures(arena))
    const clone = structuredClone(into)
    assert.is(figures(other, { into: clone }), clone)
    assert.is(clone.reservedByteLength, 2 << 20)
  }
})

test('stats: what is no option is refused', () => {
  const { arena } = smallArena()
  const other = Arena.create({ byteLength: 1 << 20, shared: false, classes: [400, 464] })
  const refused = (options: unknown, message: RegExp) => {
    for (const stats of STATS) {
      const call = () => stats(arena, options as StatsOptions)
      refusesUnharmed(arena, 'invalid-argument', call, message)
    }
  }
  for (const options of [null, 1, 'slot', true]) refused(options, /options/)
  for (const slot of [-1, 15, 1.5, '0', null]) refused({ slot }, /slot/)
  const frozen = Object.freeze(arena.stats())
  const none = [
    {},
    { classes: [] },
    { classes: Array(58), slots: [] },
    { classes: Array(59), slots: [] },
    7,
    null,
  ]
  for (const into of [...none, other.stats(), frozen]) refused({ into }, /stats\(\) of this/)
  refused({ into: arena.stats(), intoo: 1 }, /an option is "intoo"/)
})

test.run()
