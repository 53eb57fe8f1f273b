import { Arena } from '@ashlar/core'
import { type ScalarType, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_CAPACITY } from '../src/attachments.ts'
import { Cells } from '../src/cells.ts'
import {
  attachedWord,
  type Directory,
  encodeDirectory,
  ledgerWord,
  ROOT_BYTE_LENGTH,
  ROOT_ENTITIES,
  ROOT_LEDGER_SERIAL,
  readDirectory,
  seenWord,
  storeDirectory,
} from '../src/directory.ts'
import { encodeJson, storeBytes } from '../src/json.ts'
import { assertThrows, buffers } from './support.ts'

const test = suite('directory')

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: what was written is read, types and odd names included`, () => {
    const pool = Arena.create({ byteLength: 2 ** 20, shared }).openPool()
    const { signedWords } = new Cells(pool)
    const types = Object.values<unknown>(t).filter(
      (type): type is ScalarType => (type as ScalarType).kind === 'scalar',
    )
    const directory: Directory = {
      entityMask: 2 ** 24 - 1,
      components: [
        { name: 'Tag "ü" \u0000', fields: [], rowCount: 0, byteOffsets: [] },
        {
          name: '__proto__',
          fields: types.map((type, i) => ({ name: ['type', 'element', 'x'][i] ?? `f${i}`, type })),
          rowCount: 17,
          byteOffsets: types.map((_, i) => 2 ** 30 + i * 16),
        },
        {
          name: 'Path',
          fields: [
            { name: 'element', type: t.list(t.f64) },
            { name: 'type', type: t.list(t.eid, { dropRemoved: true }) },
            { name: 'label', type: { kind: 'text', isInterned: false } },
            { name: 'kind', type: t.text.interned },
          ],
          rowCount: 3,
          byteOffsets: [16, 32, 48, 64],
        },
      ],
    }
    const bytes = encodeDirectory(directory)
    const offset = pool.alloc(8 + bytes.length)
    storeDirectory(signedWords, offset, bytes)
    assert.equal(readDirectory(signedWords, offset), directory)
    pool.free(offset)
  })
}

test('a type that this version does not know is refused by name', () => {
  const pool = Arena.create({ byteLength: 2 ** 20 }).openPool()
  const { signedWords } = new Cells(pool)
  const directory = { entityMask: 1, components: [{ fields: [{ name: 'a', type: 'f128' }] }] }
  const bytes = encodeJson(directory)
  const offset = pool.alloc(8 + bytes.length)
  signedWords[(offset >> 2) + 1] = bytes.length
  storeBytes(signedWords, offset + 8, bytes)
  assertThrows(() => readDirectory(signedWords, offset), 'invalid-argument', 'f128')
})

test('every slot has words of its own within the root', () => {
  const words = new Set<number>()
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    words.add(attachedWord(slot)).add(seenWord(slot)).add(ledgerWord(slot))
  }
  assert.is(words.size, 3 * SLOT_CAPACITY)
  assert.ok(Math.min(...words) > Math.max(ROOT_ENTITIES, ROOT_LEDGER_SERIAL))
  assert.ok(Math.max(...words) < ROOT_BYTE_LENGTH / 4)
  assert.ok(SLOT_CAPACITY >= 254)
})

test.run()
