// The four contracts of the boxes. Each is held against the library as it is, and against libraries
// in which it is broken on purpose, where its check has to fail.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import * as core from '@ashlar/core'
import * as tuning from '@ashlar/core/tuning'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Change, importMutated } from './support/mutated.ts'

const test = suite('contracts')
const RING = 64

/** Both entries of the package. */
const BOTH = { ...core, ...tuning }
type Check = (library: typeof BOTH) => void

/** Whether an assertion fails. (uvu's `throws` lets those through.) */
function fails(check: () => void): boolean {
  try {
    check()
  } catch (error) {
    return error instanceof assert.Assertion
  }
  return false
}

/** A full telemetry queue drops the event and counts the drop; it never blocks. */
const contractA: Check = ({ Arena, openTelemetry }) => {
  const arena = Arena.create({ byteLength: 8 << 20, shared: false })
  const pool = arena.openPool()
  const telemetry = openTelemetry(arena)
  // Two events each: a run that comes, and goes.
  const spans = Array.from({ length: 50 }, () => {
    const offset = pool.alloc(700_000)
    pool.free(offset)
    return offset >> 16
  })
  assert.is(telemetry.droppedEventCount, 2 * spans.length - RING)
  const seen: number[] = []
  assert.is(
    telemetry.read(({ span }) => seen.push(span)),
    RING,
  )
  assert.equal(seen, spans.flatMap((span) => [span, span]).slice(0, RING))
}

/** A policy change affects the next refill only; refill never touches lists already filled. */
const contractB: Check = ({ Arena, publishBatch }) => {
  const arena = Arena.create({ byteLength: 8 << 20, shared: false })
  const pool = arena.openPool()
  const refilled = () => arena.stats().classes[3].refilledBlockCount
  const first = pool.alloc(56)
  assert.is(refilled(), 64)
  const before = arena.i32.slice()
  publishBatch(arena, 56, 5)
  const changed = [...before.keys()].filter((word) => before[word] !== arena.i32[word])
  // A word of each slot, none of them one that the pool works with.
  assert.is(changed.length, 15)
  assert.ok(changed.every((word) => before[word] === 0 && arena.i32[word] === 5))
  for (let i = 1; i < 64; i++) assert.is(pool.alloc(56), first + i * 64)
  assert.is(refilled(), 64)
  pool.alloc(56)
  assert.is(refilled(), 64 + 5)
}

/** Telemetry lives in a fixed ring in the arena; nobody allocates or frees an event. */
const contractC: Check = ({ Arena, exactStats, openTelemetry }) => {
  const arena = Arena.create({ byteLength: 8 << 20, shared: false })
  const pool = arena.openPool()
  const telemetry = openTelemetry(arena)
  const objects = new Set<unknown>()
  for (let i = 0; i < 200; i++) {
    pool.free(pool.alloc(700_000))
    telemetry.read((event) => objects.add(event))
  }
  assert.is(objects.size, 1)
  const { liveBlockCount, committedByteLength, controlByteLength } = exactStats(arena)
  assert.equal([liveBlockCount, committedByteLength], [0, controlByteLength])
}

const BROKEN: readonly [string, Check, Change][] = [
  [
    'A: a full ring is written over',
    contractA,
    {
      file: 'telemetry/telemetry.ts',
      from: '((written - read) | 0) >= layout.TELEMETRY_EVENT_COUNT',
      to: 'written < read',
    },
  ],
  [
    'A: a drop is not counted',
    contractA,
    { file: 'telemetry/telemetry.ts', from: 'i32[ring + layout.TELEMETRY_DROPPED]++', to: '' },
  ],
  [
    'B: what is published is not heard',
    contractB,
    { file: 'memory/refill-batch.ts', from: 'published > 0 ?', to: 'published < 0 ?' },
  ],
  [
    'B: publishing empties the list that is filled',
    contractB,
    {
      file: 'inspect/supervisor.ts',
      from: 'Atomics.store(memory.i32, published, blockCount)',
      to:
        'Atomics.store(memory.i32, published, blockCount), ' +
        'Atomics.store(memory.i32, slotWord(memory, slot, 32 + classIndex), 0)',
    },
  ],
  [
    'C: an event is an object of its own',
    contractC,
    { file: 'telemetry/telemetry.ts', from: '    visit(event)\n', to: '    visit({ ...event })\n' },
  ],
  [
    'C: an event is an allocation',
    contractC,
    {
      file: 'refill/alloc-slow.ts',
      from: '  handOut(memory, slot, layout.LARGE_CLASS, 1)\n',
      to: '  handOut(memory, slot, layout.LARGE_CLASS, 1)\n  pool.tryAlloc(16)\n',
    },
  ],
]

for (const [name, check] of Object.entries({ A: contractA, B: contractB, C: contractC })) {
  test(name, () => check(BOTH))
}

for (const [name, check, change] of BROKEN) {
  test(`found when broken: ${name}`, async () => {
    const entries = `export * from './src/index.ts'; export * from './src/tuning.ts'`
    const library = await importMutated(entries, change)
    assert.ok(fails(() => check(library)))
  })
}

/** What a source imports of other rooms: the names, by room and file; '*' for a whole one. */
function importsOf(source: string): Map<string, string[]> {
  const imports = new Map<string, string[]>()
  const statements = source.matchAll(/^(?:import|export) ([^']*?) ?from '\.\.\/([\w/-]+)\.ts'/gm)
  for (const [, what, file] of statements) {
    const braces = what.match(/\{([^}]*)\}/)?.[1]
    const names = braces === undefined ? ['*'] : braces.split(',')
    const known = imports.get(file) ?? []
    imports.set(file, [...known, ...names.map((name) => name.trim()).filter(Boolean)])
  }
  return imports
}

/**
 * Box 1 imports one function of Box 2, the miss, and of remote free what notes a block and delivers
 * it; nothing of Box 3, which imports nothing of the others.
 */
function contractD(pool: string, policy: string): void {
  const ofPool = importsOf(pool)
  assert.equal([...new Set(ofPool.get('refill/alloc-slow'))], ['allocSlow'])
  assert.equal(ofPool.get('remote/remote'), [
    'createEnqueue',
    'markFreed',
    'type PoolCore',
    'deliverAll',
  ])
  const allowed = ['refill/alloc-slow', 'refill/collect', 'remote/remote', 'blocks/free-block']
  const others = [
    'refill',
    'telemetry',
    'inspect',
    'reclaim',
    'remote',
    'blocks/carve',
    'spans/runs',
  ]
  for (const file of ofPool.keys()) {
    const isOther = file === 'memory/refill-batch' || others.some((other) => file.startsWith(other))
    assert.ok(!isOther || allowed.includes(file), file)
  }
  assert.not.match(pool, /import\(/)
  assert.equal([...importsOf(policy).keys()], [])
}

test('D', () => {
  const sourceOf = (file: string) =>
    readFileSync(resolve(process.env.ASHLAR_ROOT ?? '.', 'packages/core/src', file), 'utf8')
  const [fastPaths, rest, policy] = [
    'pool/fast-paths.ts',
    'pool/pool.ts',
    'memory/refill-batch.ts',
  ].map(sourceOf)
  const pool = fastPaths + rest
  contractD(pool, policy)
  const emit = "import { emit } from '../telemetry/telemetry.ts'\n"
  const broken = [
    [emit, ''],
    ['', emit],
    ["import { openTelemetry } from '../telemetry/telemetry.ts'\n", ''],
    ["import type { ArenaStats } from '../inspect/stats/figures.ts'\n", ''],
    ["import * as policy from '../memory/refill-batch.ts'\n", ''],
    ["import { handOut } from '../refill/refill.ts'\n", ''],
    ["import { receiveAll } from '../remote/inbox.ts'\n", ''],
    ["export { baseBatch } from '../memory/refill-batch.ts'\n", ''],
    ["const late = import('../inspect/stats/stats.ts')\n", ''],
    ['', "import { layout.MAX_BYTE_END } from '../base/layout.ts'\n"],
  ]
  for (const [inPool, inPolicy] of broken) {
    const check = () => contractD(inPool + pool, inPolicy + policy)
    assert.ok(fails(check), inPool + inPolicy)
  }
})

test.run()
