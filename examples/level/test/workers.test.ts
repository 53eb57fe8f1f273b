// Shards in real worker threads, on every engine.
import { Arena, blocks, verify } from '@ashlar/core'
import { RunError } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorkerFiles } from '../../kit/test/support/worker-files.ts'
import { startTeam } from '../src/group.ts'
import { runMap } from '../src/run-map.ts'
import { runShards } from '../src/run-shards.ts'
import { type ShardWorkers, startShardWorkers, WorkerError } from '../src/shard-workers.ts'
import { tinyMap } from './support/tiny-level.ts'

const test = suite('level: workers')
const files = createWorkerFiles('examples/level/src')
test.after(files.remove)

const run = { map: tinyMap, seed: 1, seconds: 4, entities: 60, onProgress() {} }

async function withShardWorkers(
  workerCount: number,
  program: string,
  use: (shardWorkers: ShardWorkers, arena: Arena) => Promise<void>,
  byteLength = 32 * 2 ** 20,
): Promise<void> {
  const arena = Arena.create({ byteLength, slots: 2 * workerCount + 1, shared: true })
  const shardWorkers = startShardWorkers(arena, workerCount, await files.add(program))
  try {
    await use(shardWorkers, arena)
  } finally {
    await shardWorkers.stop()
  }
}

const PROGRAM = "import './shard-worker.ts'"

test('one thread, 1, 2, 3 and 4 workers come to the same', async () => {
  const one = await runMap({ ...run, arena: Arena.create({ byteLength: 32 * 2 ** 20 }) })
  assert.equal(one.workers, [])
  for (const workerCount of [1, 2, 3, 4]) {
    await withShardWorkers(workerCount, PROGRAM, async (shardWorkers, arena) => {
      const report = await runShards(shardWorkers, { ...run, arena })
      for (const key of [
        ...(['checksum', 'steps', 'things', 'lines', 'sectors', 'cells'] as const),
        ...(['entities', 'entitiesMax', 'shotsFired', 'hits', 'knockouts'] as const),
      ]) {
        assert.is(report[key], one[key], `${key} of ${workerCount} workers`)
      }
      const { workers } = report
      assert.is(workers.length, workerCount)
      const sum = (of: (worker: (typeof workers)[number]) => number) =>
        workers.reduce((total, worker) => total + of(worker), 0)
      assert.is(
        sum((worker) => worker.entities),
        report.entities,
      )
      const handedOver = sum((worker) => worker.handedOver)
      const remoteFreeCount = sum((worker) => worker.remoteFreeCount)
      assert.is(handedOver > 20, workerCount > 1, `${handedOver} handed over`)
      // A letter and a packed entity each, and the trails of those shots that ended or grew abroad.
      const freed = remoteFreeCount / (handedOver || 1)
      assert.ok(
        workerCount === 1 ? freed === 0 : freed >= 2 && freed <= 3,
        `${remoteFreeCount} freed`,
      )
      for (const worker of workers) {
        assert.ok(worker.busy > 0 && worker.busy <= 1, `busy ${worker.busy}`)
        assert.ok(worker.stepsPerBusySecond >= report.stepsPerSecond * 0.99)
      }
      assert.equal(blocks(arena), [])
      assert.equal(verify(arena), [])
      const open = arena.stats().slots.filter(({ state }) => state !== 'closed')
      assert.equal(open, [], 'all pools are closed')
    })
  }
})

/** Once all slots have received their remote frees, and the senders have their segments back. */
function assertNothingLeft(arena: Arena): void {
  const pools = arena.stats().slots.map(() => arena.openPool())
  for (const pool of [...pools, ...pools]) pool.collect()
  for (const pool of pools) pool.close()
  const { committedByteLength, controlByteLength } = arena.stats()
  assert.is(committedByteLength, controlByteLength)
}

test('one world comes to the same on 1, 2 and 4 workers, map after map', async () => {
  const one = await runMap({ ...run, arena: Arena.create({ byteLength: 32 * 2 ** 20 }) })
  const file = await files.add("import './group-worker.ts'")
  for (const workerCount of [1, 2, 4]) {
    const arena = Arena.create({ byteLength: 32 * 2 ** 20, slots: workerCount + 1, shared: true })
    const team = startTeam(workerCount, file)
    for (let round = 0; round < 2; round++) {
      const report = await runMap({ ...run, arena, team })
      for (const key of [
        ...(['checksum', 'steps', 'entities', 'entitiesMax'] as const),
        ...(['shotsFired', 'hits', 'knockouts'] as const),
      ]) {
        assert.is(report[key], one[key], `${key} of ${workerCount} workers`)
      }
      assert.equal(blocks(arena), [])
      assert.equal(verify(arena), [])
      const open = arena.stats().slots.filter(({ state }) => state !== 'closed')
      assert.equal(open, [], 'all pools are closed')
    }
    await team.stop()
  }
})

test('a system that throws ends the run of a group, and leaves nothing behind', async () => {
  const program = `
    import './group-worker.ts'
    const { add } = Atomics
    let count = 0
    Atomics.add = (...args) => {
      if (new Error().stack.includes('hurt') && ++count === 50) throw new TypeError('planted')
      return add(...args)
    }
  `
  const arena = Arena.create({ byteLength: 32 * 2 ** 20, slots: 3, shared: true })
  const team = startTeam(2, await files.add(program))
  try {
    await runMap({ ...run, arena, team })
    assert.unreachable('expected a RunError')
  } catch (error) {
    if (!(error instanceof RunError)) throw error
    assert.is(error.system, 'fly')
    assert.match(error.message, /planted/)
  }
  assert.equal(blocks(arena), [])
  assert.equal(verify(arena), [])
  await team.stop()
})

test('the same workers run map after map in one arena', async () => {
  await withShardWorkers(3, PROGRAM, async (shardWorkers, arena) => {
    const checksums = new Set<number>()
    for (let i = 0; i < 4; i++) {
      checksums.add((await runShards(shardWorkers, { ...run, seconds: 1, arena })).checksum)
      assert.equal(blocks(arena), [])
      assert.equal(verify(arena), [])
    }
    assert.is(checksums.size, 1)
    assertNothingLeft(arena)
  })
})

test('progress is shown while nobody is asked', async () => {
  await withShardWorkers(2, PROGRAM, async (shardWorkers, arena) => {
    const seen: { step: number; entities: number }[] = []
    const { entities } = await runShards(shardWorkers, {
      ...run,
      seconds: 10,
      arena,
      onProgress: ({ step, entities }) => seen.push({ step, entities }),
    })
    assert.is(seen[0].step, 0)
    assert.equal(seen.at(-1), { step: 350, entities })
    assert.ok(seen.length > 2, `${seen.length} times`)
  })
})

/** The run must fail with a message like this, and all workers can be stopped then. */
async function assertFails(program: string, message: RegExp, byteLength?: number): Promise<void> {
  await withShardWorkers(
    3,
    program,
    async (shardWorkers, arena) => {
      try {
        await runShards(shardWorkers, { ...run, arena })
      } catch (error) {
        if (!(error instanceof WorkerError)) throw error
        assert.match(error.message, message)
        return
      }
      assert.unreachable('expected a WorkerError')
    },
    byteLength,
  )
}

/** Worker 2 of 3 does something at the n-th time that it comes to a barrier or hits somebody. */
const planted = (n: number, what: string) => `
  import { workerData } from 'node:worker_threads'
  import './shard-worker.ts'
  const { add } = Atomics
  let count = 0
  Atomics.add = (...args) => {
    if (workerData.shard === 1 && ++count === ${n}) { ${what} }
    return add(...args)
  }
`

test('a worker that throws in the midst of a step ends the run', async () => {
  for (const n of [1, 2, 3, 100]) {
    await assertFails(
      planted(n, "throw new TypeError('planted')"),
      /^worker 2 of 3 failed: .*planted\n\s+at /s,
    )
  }
})

test('a worker that dies without a word ends the run', async () => {
  await assertFails(
    planted(50, 'process.exit(3)'),
    /^worker 2 of 3 ended with exit code 3 in the midst of its work$/,
  )
})

test('a worker that cannot even start ends the run', async () => {
  await assertFails("throw new Error('planted')", /^worker [123] of 3 failed: .*planted/)
})

test('a block that is freed twice, by two threads, ends the run', async () => {
  const program = `
    import { Arena } from '@ashlar/core'
    const { attach } = Arena
    Arena.attach = (handle) => {
      const arena = attach.call(Arena, handle)
      const { openPool } = arena
      arena.openPool = (slot) => {
        const pool = openPool.call(arena, slot)
        const { flush } = pool
        pool.flush = () => {
          const other = openPool.call(arena)
          const block = pool.alloc(16)
          other.free(block)
          other.close()
          pool.free(block)
          flush()
        }
        return pool
      }
      return arena
    }
    await import('./shard-worker.ts')
  `
  await assertFails(program, /^worker [123] of 3 failed: @ashlar\/core: .* is free already/)
})

test('an arena that is too small: a message without a stack', async () => {
  await assertFails(
    PROGRAM,
    /^worker [123] of 3 failed: @ashlar\/core: no room [^\n]*$/,
    26 * 2 ** 16,
  )
})

test.run()
