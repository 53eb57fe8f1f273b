/**
 * Runs in a process of its own: prints how much memory became resident by each step, in MiB.
 */
import process from 'node:process'
import { Arena, verify } from '@ashlar/core'
import { createStorage, type Storage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, set } from 'bitecs'

const MIB = 2 ** 20
const CAPACITY = 4_000_000
const ENTITY_COUNT = 2000
const schema = {
  ...{ a: t.f64, b: t.f64, c: t.f32, d: t.u8 },
  ...{ friend: t.eid, points: t.list(t.f32), label: t.text },
}
const shared = process.argv[2] === 'shared'
const grown: Record<string, number> = {}

function measure<T>(step: string, act: () => T): T {
  const before = process.memoryUsage().rss
  const result = act()
  grown[step] = (process.memoryUsage().rss - before) / MIB
  return result
}

/**
 * Whether a look at memory that nobody has written takes memory: the system has no page of zeros
 * for it then.
 */
function looksTakeMemory(): boolean {
  const before = process.memoryUsage().rss
  const words = new Int32Array(new SharedArrayBuffer(32 * MIB))
  const written = words.findLast((word) => word !== 0)
  return written === undefined && process.memoryUsage().rss - before > 16 * MIB
}

/** Fills rows, reads all, and gives whether those that nobody has are 0. */
function play(pool: ReturnType<Arena['openPool']>, capacity: number, name: string): boolean {
  const world = createWorld()
  const storage: Storage = createStorage(world, pool, { capacity })
  const Big = measure(`${name}: component`, () => storage.component('Big', schema))
  measure(`${name}: entities`, () => {
    for (let i = 1; i <= ENTITY_COUNT; i++) {
      addComponent(world, addEntity(world), set(Big, { a: i, b: i, c: i, d: i, points: [i] }))
    }
  })
  measure(`${name}: sync`, () => storage.sync())
  const { a, d } = Big
  const isKept = a[ENTITY_COUNT] === ENTITY_COUNT && d[ENTITY_COUNT] === (ENTITY_COUNT & 255)
  const isZero = a[ENTITY_COUNT + 1] === 0 && a[capacity - 1] === 0 && d[capacity - 1] === 0
  measure(`${name}: reset`, () => storage.reset())
  const isCleared = a[1] === 0 && a[ENTITY_COUNT] === 0
  measure(`${name}: dispose`, () => storage.dispose())
  return isKept && isZero && isCleared && verify(pool.arena).length === 0
}

const warm = Arena.create({ byteLength: 64 * MIB, shared }).openPool()
for (let i = 0; i < 5; i++) play(warm, 200_000, 'warm up')
const pool = Arena.create({ byteLength: 512 * MIB, shared }).openPool()
const isRight = play(pool, CAPACITY, 'first') && play(pool, CAPACITY, 'again')
const all = Object.entries(grown).filter(([step]) => !step.startsWith('warm up'))
console.log(
  JSON.stringify({ grown: Object.fromEntries(all), isRight, looksTakeMemory: looksTakeMemory() }),
)
