import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ELEMENT_TYPE_NAMES, ELEMENT_TYPES, typeOf } from '../../src/memory/element-types.ts'
import { anything, notNumbers } from '../support/values.ts'

const test = suite('element-types')

test('types: every typed array has a name, and is found again', () => {
  assert.is(ELEMENT_TYPES.length, ELEMENT_TYPE_NAMES.length)
  assert.ok(ELEMENT_TYPES.length <= 16)
  assert.is(ELEMENT_TYPES[0], Uint8Array)
  for (const [i, type] of ELEMENT_TYPES.slice(1).entries()) assert.is(typeOf(type), i + 1)
})

test('types: a value that is no typed array constructor has none', () => {
  class Vectors extends Float32Array {}
  const others = [
    ...notNumbers,
    undefined,
    Array,
    DataView,
    ArrayBuffer,
    Vectors,
    'Float32Array',
    8,
  ]
  for (const other of others) assert.is(typeOf(anything(other)), -1)
})

test.run()
