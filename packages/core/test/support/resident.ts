/** Runs in a process of its own: prints how much memory became resident by each step, in MiB. */
import process from 'node:process'
import { Arena } from '../../src/arena/create.ts'

const MIB = 2 ** 20
const ARENA = 1536 * MIB
const shared = process.argv[2] === 'shared'
const grown: Record<string, number> = {}

function measure<T>(step: string, act: () => T): T {
  const before = process.memoryUsage().rss
  const result = act()
  grown[step] = (process.memoryUsage().rss - before) / MIB
  return result
}

/** So that loops over spans are compiled. The arena stays, as freeing it would be measured. */
function warmUp() {
  const pool = Arena.create({ byteLength: ARENA, shared }).openPool()
  for (let i = 0; i < 100; i++) pool.free(pool.reserve(1024 * MIB, 4096))
  const offset = pool.reserve(1024 * MIB)
  for (let i = 0; i < 100; i++) pool.touch(offset, 1024 * MIB)
  measure('warm up', () => 0)
  return pool
}

const warm = warmUp()
const pool = measure('create', () => Arena.create({ byteLength: ARENA, shared }).openPool())
const { u8 } = pool.arena
const zeroed = measure('allocZeroed', () => pool.allocZeroed(1024 * MIB))
measure('write', () => u8.fill(1, zeroed, zeroed + 256 * MIB))
const reserved = measure('reserve', () => pool.reserve(400 * MIB, 4096))
measure('touch', () => pool.touch(reserved, 100 * MIB))
measure('write what was touched', () => u8.fill(1, reserved, reserved + 100 * MIB))
pool.free(reserved)
const again = measure('reserve again', () => pool.reserve(400 * MIB))
let sum = 0
for (let byte = again; byte < again + 100 * MIB; byte++) sum |= u8[byte]
console.log(JSON.stringify({ grown, isZero: sum === 0, isOpen: warm.isOpen }))
