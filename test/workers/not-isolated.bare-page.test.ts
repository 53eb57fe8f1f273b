// A page that was served without the headers that make it cross-origin isolated.
import { Arena, ArenaError, blocks, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('a page that is not isolated')

test('`shared: true` is refused by the names of the missing headers', () => {
  assert.is(globalThis.crossOriginIsolated, false)
  try {
    Arena.create({ byteLength: 2 ** 20, shared: true })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, ArenaError)
    assert.is((error as ArenaError).code, 'not-shareable')
    assert.match((error as ArenaError).message, 'Cross-Origin-Opener-Policy: same-origin')
    assert.match((error as ArenaError).message, 'Cross-Origin-Embedder-Policy: require-corp')
  }
})

test('a shared WebAssembly.Memory is refused alike: it could not be posted', () => {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true })
  assert.throws(
    () => new Worker('data:text/javascript,').postMessage(memory.buffer),
    (error: Error) => error.name === 'DataCloneError',
  )
  assert.throws(() => Arena.create({ memory }), /Cross-Origin-Opener-Policy/)
})

for (const shared of [false, undefined]) {
  test(`\`shared: ${shared}\` works, for this thread`, () => {
    const options = shared === undefined ? {} : { shared }
    const arena = Arena.create({ byteLength: 2 ** 21, ...options })
    assert.is(arena.shared, false)
    const pool = arena.openPool()
    const offsets = Array.from({ length: 1000 }, (_, i) => pool.alloc(16 + (i % 300)))
    const floats = pool.allocArray(Float64Array, 3)
    floats.set([1, 2, 3])
    assert.equal(arena.view(floats.byteOffset), Float64Array.of(1, 2, 3))
    assert.equal(verify(arena), [])
    for (const offset of [...offsets, floats.byteOffset]) pool.free(offset)
    pool.collect()
    assert.equal(blocks(arena), [])
    assert.equal(verify(arena), [])
    assert.throws(() => arena.handle, /not shared/)
  })
}

test.run()
