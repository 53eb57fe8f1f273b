// Values of all kinds of fields, to bytes and back.
import { t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ValueReader, valuesWordCount, writeValues } from '../../src/commands/command-values.ts'
import { FieldMemory } from '../../src/fields/field-memory.ts'
import { MemoryViews } from '../../src/memory/memory-views.ts'
import { readSchema, readValues } from '../../src/schema/read-schema.ts'
import { assertThrows, buffers, createScene } from '../support.ts'

const test = suite('command values')

const fields = readSchema('C', {
  count: t.u8,
  points: t.list(t.f32),
  label: t.text,
  friends: t.list(t.eid),
  leader: t.eid,
  cost: t.f64,
  isHurt: t.bool,
})
const component = { number: 0, name: 'C', component: {}, fields, signature: '', hooks: undefined }

function createCodec(shared: boolean) {
  const { pool } = createScene({ shared })
  const views = new MemoryViews(pool)
  const memory = new FieldMemory(views)
  const { staging } = memory
  const reader = new ValueReader(memory, (eid) => (eid < 0 ? 1000 - eid : eid))
  const at = pool.alloc(2 ** 20) >> 2
  const after = (at: number, count: number) => [at + count, at + count + 1]
  return {
    pass(values: Record<string, unknown>) {
      const given = staging.enter(fields.length)
      readValues(memory, 'C', fields, values, given)
      const count = valuesWordCount(fields, given)
      assert.is(count % 2, 0)
      for (const word of after(at, count)) views.i32[word] = 77
      views.i32.fill(-1, at, at + count)
      writeValues(views, fields, given, memory, at)
      staging.leave(given)
      for (const word of after(at, count)) assert.is(views.i32[word], 77)
      return { ...reader.read(component, at, at + count).data }
    },
  }
}

const NOTHING = Object.fromEntries(fields.map(({ name }) => [name, undefined]))

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: every kind, given or not`, () => {
    const { pass } = createCodec(shared)
    assert.equal(pass({}), NOTHING)
    const texts = ['', 'a', 'gate', 'seventh', 'eight by', 'nine byte', 'ü😀', 'x'.repeat(1000)]
    for (const text of texts) {
      const points = [...text].map((_, i) => i / 3)
      const given = { points, label: text, cost: text.length / 7 }
      const expected = { ...NOTHING, ...given, points: Float64Array.from(points) }
      assert.equal(pass(given), expected)
      assert.equal(pass({ ...given, points: Float32Array.from([0.5]), count: 3 }), {
        ...expected,
        count: 3,
        points: Float64Array.of(0.5),
      })
      assert.equal(pass({ label: text }), { ...NOTHING, label: text })
    }
  })

  test(`${name}: numbers come out as they went in`, () => {
    const { pass } = createCodec(shared)
    const numbers = [0, -0, 1, -1, 0.1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, Infinity, Number.NaN]
    for (const cost of numbers) assert.ok(Object.is(pass({ cost }).cost, cost), `${cost}`)
  })

  test(`${name}: ids are resolved, other numbers are not`, () => {
    const { pass } = createCodec(shared)
    assert.equal(pass({ leader: -1, friends: [-2, 3], cost: -1, points: [-1], count: -1 }), {
      ...NOTHING,
      leader: 1001,
      friends: Float64Array.of(1002, 3),
      cost: -1,
      points: Float64Array.of(-1),
      count: -1,
    })
  })
}

test('misuse', () => {
  const { pass } = createCodec(true)
  const cases: [call: () => unknown, ...words: string[]][] = [
    [() => pass(null as never), 'C', 'null', 'points, label'],
    [() => pass({ points: 3 }), 'C.points', '3', 'array of numbers'],
    [() => pass({ points: 'abc' }), 'C.points', '"abc"'],
    [() => pass({ points: new DataView(new ArrayBuffer(8)) }), 'C.points', 'DataView'],
    [() => pass({ points: { length: 2 } }), 'C.points', 'Object'],
    [() => pass({ points: [1, undefined] }), 'C.points[1]', 'undefined'],
    [() => pass({ points: BigInt64Array.of(1n) }), 'C.points[0]', '1n'],
    [() => pass({ label: 5 }), 'C.label', '5', 'a string'],
    [() => pass({ cost: '5' }), 'C.cost', 'a number'],
    [() => pass({ points: [null] }), 'C.points[0]', 'null'],
  ]
  for (const [call, ...words] of cases) assertThrows(call, 'invalid-argument', ...words)
  let looks = 0
  const growing = {
    get points() {
      return new Array(++looks).fill(1)
    },
  }
  assert.equal(pass(growing).points, Float64Array.of(1), 'it is read once')
})

test.run()
