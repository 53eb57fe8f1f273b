// Each operation of bitECS that changes what entities have, on a storage and on a model of it: both
// show the same at every step.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../support.ts'
import type { PlayerOptions } from './membership-player.ts'
import { createModel, createOurs, type SideOptions } from './membership-sides.ts'
import { StepPlayer } from './membership-steps.ts'

const test = suite('membership')

function run(seed: number, options: SideOptions & PlayerOptions, stepCount: number): void {
  const random = createRandom(seed)
  const given = { capacity: 1 + random(8), ...options }
  const ours = new StepPlayer(createOurs(given), options)
  const model = new StepPlayer(createModel(given), options)
  for (const player of [ours, model]) player.registerAll()
  const growing = ['spawn', 'spawnMany', 'spawnWith', 'add', 'addMany', 'inherit']
  const shrinking = ['kill', 'killMany', 'remove', 'again', 'spawn']
  const observing = ['spawn', 'observeAdd', 'observeRemove', 'observeSet']
  const all = Object.keys(ours.steps)
  const done: string[] = []
  for (let step = 0; step < stepCount; step++) {
    const often = step < 20 ? observing : step % 60 < 40 ? growing : shrinking
    const names = random(2) === 0 ? often : all
    const name = names[random(names.length)]
    done.push(name)
    const where = `seed ${seed}, step ${step}, ... ${done.slice(-8).join(', ')}`
    const stepSeed = random(2 ** 30)
    const expected = model.play(name, stepSeed)
    const found = ours.play(name, stepSeed)
    const at = expected.findIndex((line, i) => found[i] !== line)
    if (at >= 0 || found.length !== expected.length) {
      const before = expected.slice(Math.max(0, at - 5), Math.max(at, 0)).join('\n')
      assert.is(found[at], expected[at], `${where}, after\n${before}`)
      assert.is(found.length, expected.length, where)
    }
    try {
      ours.side.check()
    } catch (error) {
      throw new Error(`${where}: ${error}`, { cause: error })
    }
  }
}

const kinds: Record<string, SideOptions & PlayerOptions> = {
  'one world': {},
  'two worlds that share an index': { worldCount: 2 },
  'versioned ids': { versioned: true, lastOnly: true },
  'several generations of masks': { padCount: 26 },
}

for (const [name, options] of Object.entries(kinds)) {
  for (const seed of [1, 2, 3]) {
    test(`${name}, seed ${seed}`, () => run(seed, options, 300))
  }
}

test.run()
