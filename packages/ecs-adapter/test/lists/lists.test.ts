// Lists by handle word, on bare pools: as a worker has them.
import { Arena, blocks, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { Lists } from '../../src/lists/lists.ts'
import { MemoryViews } from '../../src/memory/memory-views.ts'
import type { ScalarType } from '../../src/schema/schema.ts'
import { assertSound, assertThrows, buffers, createRandom, scalars } from '../support.ts'

const test = suite('lists')

/** A thread's view of lists in an arena; `pool` may be wrapped. */
function createLists(pool: Pool, type: ScalarType = scalars.f32) {
  const views = new MemoryViews(pool)
  return { views, lists: new Lists(views, type.array) }
}

function createBench({
  byteLength = 2 ** 22,
  shared = true,
  listCount = 8,
  type = scalars.f32,
} = {}) {
  const arena = Arena.create({ byteLength, shared })
  const pool = arena.openPool()
  const handles = pool.allocArray(Uint32Array, listCount).fill(0)
  const words = Array.from(handles, (_, i) => (handles.byteOffset >> 2) + i)
  return { arena, pool, handles, words, ...createLists(pool, type) }
}

function runModel(
  seed: number,
  type: ScalarType,
  shared: boolean,
  byteLength: number,
  stepCount = 500,
): void {
  const random = createRandom(seed)
  const bench = createBench({ byteLength, shared, type: type as typeof scalars.f32 })
  const { arena, handles, words } = bench
  // Two threads' worth of lists on the same handles: what one grows, the other may grow or free.
  const other = createLists(arena.openPool(), type)
  const models: number[][] = words.map(() => [])
  const staged = new Float64Array(2 ** 15)
  let outOfMemoryCount = 0
  const convert = new type.array(new ArrayBuffer(8), 0, 1)
  const value = () => {
    convert[0] = random(2 ** 32) / 8
    return convert[0]
  }
  const stage = (count: number) => {
    for (let i = 0; i < count; i++) staged[i] = value()
    return [...staged.subarray(0, count)]
  }

  function step(lists: Lists, index: number) {
    const model = models[index]
    const word = words[index]
    const count = random(random(4) === 0 ? 4000 : 30)
    const at = random(Math.max(1, model.length))
    const one = value()
    const calls: (() => void)[] = [
      () => {
        assert.is(lists.push(word, one), model.length + 1)
        model.push(one)
      },
      () => {
        const values = stage(count)
        lists.append(word, staged, 0, count)
        model.push(...values)
      },
      () => {
        const values = stage(count)
        lists.set(word, staged, 0, count)
        model.splice(0, model.length, ...values)
      },
      () => {
        lists.insert(word, at, one)
        model.splice(at, 0, one)
      },
      () => {
        if (model.length === 0) return
        lists.remove(word, at, false)
        model.splice(at, 1)
      },
      () => {
        const length = Math.max(0, model.length - count)
        lists.truncate(word, length)
        model.length = length
      },
      () => {
        lists.resize(word, count)
        while (model.length < count) model.push(0)
        model.length = count
      },
      () => void lists.reserve(word, count),
      () => {
        lists.filter(word, (element) => element % 2 < 1)
        models[index] = model.filter((element) => element % 2 < 1)
      },
      () => {
        if (random(4) > 0) return
        lists.free(word)
        model.length = 0
        assert.is(handles[index], 0)
      },
    ]
    try {
      calls[random(calls.length)]()
    } catch (error) {
      assert.is((error as { code?: string }).code, 'out-of-memory', String(error))
      outOfMemoryCount++
    }
  }

  try {
    for (let i = 0; i < stepCount; i++) {
      const index = random(words.length)
      step(random(4) === 0 ? other.lists : bench.lists, index)
      const block = handles[index]
      const { lists } = bench
      assert.is(lists.length(block), models[index].length)
      assert.ok(lists.capacity(block) >= models[index].length)
      assert.equal(lists.toArray(block), models[index])
      assertSound(arena)
    }
    for (const [index, model] of models.entries()) {
      assert.equal(other.lists.toArray(handles[index]), model)
    }
    for (const word of words) other.lists.free(word)
    for (const { views } of [bench, other, bench]) views.pool.collect()
    assert.equal(
      blocks(arena).map(({ offset }) => offset),
      [handles.byteOffset],
    )
    if (byteLength < 2 ** 20) assert.ok(outOfMemoryCount > 10, `${outOfMemoryCount} out of memory`)
  } catch (error) {
    throw new Error(`seed ${seed}: ${error}`, { cause: error })
  }
}

for (const [name, { shared }] of Object.entries(buffers)) {
  for (const [typeName, type] of Object.entries(scalars)) {
    test(`${name}, ${typeName}: lists do what arrays do, grown by two pools`, () => {
      runModel(7, type, shared, 2 ** 22, rounds(500))
    })
  }
  test(`${name}: lists in an arena that is too small for them`, () => {
    for (const seed of [1, 2]) runModel(seed, scalars.f64, shared, 8 * 2 ** 16)
  })
}

test('elements are at `offset`, aligned to their type', () => {
  for (const type of Object.values<ScalarType>(scalars)) {
    const { arena, handles, words, lists } = createBench({ type: type as typeof scalars.f32 })
    for (let i = 0; i < 100; i++) lists.push(words[0], i)
    const offset = lists.offset(handles[0])
    assert.is(offset % type.array.BYTES_PER_ELEMENT, 0)
    const view = new type.array(arena.buffer, offset, 100)
    assert.equal(
      [...view],
      Array.from({ length: 100 }, (_, i) => i),
    )
  }
})

test('a list that grows by one moves once per size class', () => {
  const { arena, handles, words, lists } = createBench({ byteLength: 2 ** 25 })
  let moveCount = 0
  let block = 0
  const count = 2 ** 20
  for (let i = 0; i < count; i++) {
    lists.push(words[0], i)
    if (handles[0] !== block) moveCount++
    block = handles[0]
  }
  assert.ok(moveCount < 80, `${moveCount} moves`)
  assertSound(arena)
  let capacity = lists.capacity(block)
  for (let length = count - 1; length >= 0; length--) {
    lists.truncate(words[0], length)
    block = handles[0]
    const room = lists.capacity(block)
    assert.ok(room <= capacity)
    assert.ok(4 * room <= 4 * length * 1.6 + 2 ** 16 || 4 * room < 600_000, `${length} in ${room}`)
    capacity = room
  }
  assert.ok(capacity <= 8, `${capacity} left`)
  assertSound(arena)
})

/** A pool that calls back before and after each call that changes something. */
function watched(pool: Pool, onEvent: (event: string) => void): Pool {
  const watch =
    <A extends unknown[], R>(name: string, call: (...args: A) => R) =>
    (...args: A): R => {
      onEvent(`before ${name}`)
      const result = call(...args)
      onEvent(`after ${name}`)
      return result
    }
  return {
    ...pool,
    alloc: watch('alloc', pool.alloc),
    tryAlloc: watch('tryAlloc', pool.tryAlloc),
    tryResize: watch('tryResize', pool.tryResize),
    free: watch('free', pool.free),
  }
}

test('a thread that dies between two calls of the pool leaves a whole list', () => {
  const changes: [string, (lists: Lists, word: number) => void, number[][]][] = [
    [
      'push',
      (lists, word) => void lists.push(word, 9),
      [
        [1, 2, 3, 4],
        [1, 2, 3, 4, 9],
      ],
    ],
    [
      'insert',
      (lists, word) => lists.insert(word, 0, 9),
      [
        [1, 2, 3, 4],
        [9, 1, 2, 3, 4],
      ],
    ],
    ['reserve', (lists, word) => void lists.reserve(word, 99), [[1, 2, 3, 4]]],
    ['truncate', (lists, word) => lists.truncate(word, 1), [[1], [1, 2, 3, 4]]],
    ['free', (lists, word) => lists.free(word), [[], [1, 2, 3, 4]]],
  ]
  for (const [name, change, allowed] of changes) {
    for (let death = 1; ; death++) {
      const { arena, pool, handles, words, lists } = createBench()
      lists.append(words[0], Float64Array.of(1, 2, 3, 4), 0, 4)
      if (name === 'truncate') lists.reserve(words[0], 100)
      let eventCount = 0
      const dying = watched(pool, (event) => {
        if (++eventCount === death) throw new Error(`dies ${event}`)
      })
      const mortals = new Lists(new MemoryViews(dying), scalars.f32.array)
      let isDead = false
      try {
        change(mortals, words[0])
      } catch (error) {
        isDead = true
        assert.match(String(error), 'dies')
      }
      if (handles[0] !== 0) arena.view(handles[0]) // throws for a block that is not live
      const found = lists.toArray(handles[0])
      const isAllowed = allowed.some((list) => JSON.stringify(list) === JSON.stringify(found))
      assert.ok(isAllowed, `${name}, death ${death}: ${found}`)
      assertSound(arena)
      assert.ok(blocks(arena).length <= 3, 'at most the new and the old block beside the handles')
      if (!isDead) break
    }
  }
})

test('when memory is out, every method leaves the list as it was', () => {
  const { arena, handles, words, lists } = createBench({ byteLength: 2 ** 19 })
  lists.append(words[0], Float64Array.of(1, 2, 3), 0, 3)
  const before = handles[0]
  for (const count of [2 ** 18, 2 ** 29, 2 ** 30, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    assertThrows(() => lists.reserve(words[0], count), 'out-of-memory')
    assertThrows(() => lists.resize(words[0], count), 'out-of-memory')
    assert.is(handles[0], before)
    assert.equal(lists.toArray(before), [1, 2, 3])
    assertSound(arena)
  }
})

test('lists can fill an arena to the end', () => {
  const { arena, handles, words, lists } = createBench({ byteLength: 2 ** 20, type: scalars.f32 })
  let length = 0
  assertThrows(() => {
    for (;;) length = lists.push(words[0], length)
  }, 'out-of-memory')
  assert.equal(
    lists.toArray(handles[0]),
    Array.from({ length }, (_, i) => i),
  )
  assertSound(arena)
  for (let i = length - 1; i >= 0; i--) lists.truncate(words[0], i)
  assertSound(arena)
})

test.run()
