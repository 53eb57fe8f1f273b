/**
 * Runs in a process of its own: prints how many MiB become resident when a storage of the default
 * capacity gets ten components. The least of nine tries: engines take memory, too.
 */
import process from 'node:process'
import { Arena } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import { createWorld } from 'bitecs'

const MIB = 2 ** 20
const shared = process.argv[2] === 'shared'

function createTen(): { rowCount: number; mib: number } {
  const pool = Arena.create({ byteLength: 1024 * MIB, shared }).openPool()
  const world = createWorld()
  const before = process.memoryUsage().rss
  const storage = createStorage(world, pool)
  let rowCount = 0
  for (let i = 0; i < 10; i++) rowCount = storage.component(`C${i}`, { x: t.f32 }).x.length
  return { rowCount, mib: (process.memoryUsage().rss - before) / MIB }
}

const tries = Array.from({ length: 9 }, createTen)
const [least] = tries.sort((a, b) => a.mib - b.mib)
console.log(JSON.stringify(least))
