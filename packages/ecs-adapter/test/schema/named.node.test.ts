import { inspect } from 'node:util'
import { t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createScene } from '../support.ts'

const test = suite('named, on Node')

test('the console shows a storage, and its components and tables by name', () => {
  const { storage } = createScene()
  storage.component('Position', { x: t.f32 })
  for (const showProxy of [false, true]) {
    for (const shown of [storage, storage.components]) {
      assert.match(inspect(shown, { showProxy }), 'Position')
    }
    assert.type(inspect(storage.tables, { showProxy }), 'string')
  }
})

test.run()
