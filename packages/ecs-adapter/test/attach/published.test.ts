import { Arena } from '@ashlar/core'
import { type FieldType, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  encodeManifest,
  readEntities,
  readManifest,
  storeManifest,
} from '../../src/attach/published.ts'
import { encodeJson, storeBytes } from '../../src/base/json.ts'
import { MemoryViews } from '../../src/memory/memory-views.ts'
import { readSchema } from '../../src/schema/read-schema.ts'
import type { Manifest } from '../../src/shared/manifest.ts'
import { assertThrows, buffers } from '../support.ts'

const test = suite('published')

const { list, text, ...scalarTypes } = t
const scalars = Object.values(scalarTypes)
/** A field as a schema has it. */
const fieldOf = (name: string, type: FieldType) => readSchema('A', { [name]: type })[0]

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: a manifest is read as it was written, with all types and odd names`, () => {
    const pool = Arena.create({ byteLength: 2 ** 20, shared }).openPool()
    const { i32 } = new MemoryViews(pool)
    const block = pool.alloc(4096)
    const manifest: Manifest = {
      entityMask: 2 ** 24 - 1,
      components: [
        { name: 'Tag "ü" \u0000', fields: [], rowCount: 0, byteOffsets: [] },
        {
          name: '__proto__',
          fields: scalars.map((type, i) => fieldOf(['type', 'element', 'x'][i] ?? `f${i}`, type)),
          rowCount: 17,
          byteOffsets: scalars.map((_, i) => block + i * 16),
        },
        {
          name: 'Path',
          fields: [
            fieldOf('element', list(t.f64)),
            fieldOf('type', list(t.eid, { weak: true })),
            fieldOf('label', text),
            fieldOf('kind', text({ interned: true })),
          ],
          rowCount: 3,
          byteOffsets: [block + 16, block + 32, block + 48, block + 64],
          rows: { index: block, rowCount: 40 },
        },
      ],
      tables: [{ name: 'Shot', offset: 16, serial: 5 }],
    }
    const bytes = encodeManifest(manifest)
    const offset = pool.alloc(8 + bytes.length)
    storeManifest(i32, offset, bytes)
    const read = readManifest(pool, i32, offset)
    assert.equal(read, manifest)
    assert.is(read.components[2].fields[3].code.name, 'text interned')
    pool.free(offset)
  })
}

test('a damaged manifest is refused, whichever part is damaged', () => {
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  const { i32 } = new MemoryViews(pool)
  const x = { name: 'x', type: 'f64' }
  const one = { name: 'A', fields: [x], rowCount: 4, byteOffsets: [arena.byteLength - 32] }
  const good = { entityMask: 1, components: [one], tables: [] }
  const refuse = (told: unknown) => {
    const bytes = encodeJson(told)
    const offset = pool.alloc(8 + bytes.length)
    i32[(offset >> 2) + 1] = bytes.length
    storeBytes(i32, offset + 8, bytes)
    assertThrows(() => readManifest(pool, i32, offset), 'corrupt')
    pool.free(offset)
  }
  const odd = [null, 5, 'x', [], {}, [null], [5], [[]], -1, 1.5, 2 ** 31, -(2 ** 40), true]
  for (const value of odd) {
    refuse(value)
    for (const key of ['entityMask', 'components', 'tables']) {
      const isGood = key === 'entityMask' ? Number.isInteger(value) : JSON.stringify(value) === '[]'
      if (!isGood) refuse({ ...good, [key]: value })
    }
    for (const key of ['fields', 'rowCount', 'byteOffsets', 'rows']) {
      refuse({ ...good, components: [{ ...one, [key]: value }] })
    }
    if (value !== 'x') {
      refuse({ ...good, components: [{ ...one, name: value }] })
      refuse({ ...good, components: [{ ...one, fields: [{ ...x, name: value }] }] })
      refuse({ ...good, tables: [{ name: value, offset: 16, serial: 1 }] })
    }
    refuse({ ...good, components: [{ ...one, fields: [{ ...x, type: value }] }] })
    refuse({ ...good, components: [{ ...one, byteOffsets: [value] }] })
    refuse({ ...good, components: [{ ...one, rows: { index: value, rowCount: 40 } }] })
    if (value !== 1.5 && value !== -1 && typeof value !== 'number') {
      refuse({ ...good, tables: [{ name: 'a', offset: value, serial: 1 }] })
    }
  }
  refuse({ ...good, components: [{ ...one, rowCount: 5 }] }) // one row behind the arena
  refuse({ ...good, components: [{ ...one, fields: [{ ...x, type: 'f128' }] }] })
  const bytes = encodeManifest({ ...good, components: [], tables: [] })
  const text = pool.alloc(8 + bytes.length)
  storeManifest(i32, text, bytes)
  for (const byte of [0, 34, 44, 91, 93, 123, 125, 255]) {
    arena.u8[text + 8] = byte
    if (byte !== 123) assertThrows(() => readManifest(pool, i32, text), 'corrupt')
  }
  for (const count of [-1, 2 ** 20, 2 ** 31 - 1, -(2 ** 31)]) {
    i32[(text >> 2) + 1] = count
    assertThrows(() => readManifest(pool, i32, text), 'corrupt', 'at most')
    assertThrows(() => readEntities(pool, i32, text), 'corrupt', 'at most')
  }
  for (const offset of [0, -16, 8, 2 ** 30, text + 16]) {
    assertThrows(() => readManifest(pool, i32, offset), 'corrupt')
    assertThrows(() => readEntities(pool, i32, offset), 'corrupt')
  }
})

test.run()
