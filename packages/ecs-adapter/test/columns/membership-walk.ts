// The walk of the membership tests: random steps on both sides, which must show the same.
import * as assert from 'uvu/assert'
import { createRandom } from '../support.ts'
import type { PlayerOptions } from './membership-player.ts'
import { createModel, createOurs, type SideOptions } from './membership-sides.ts'
import { StepPlayer } from './membership-steps.ts'

export type WalkOptions = SideOptions & PlayerOptions

/** Errors name the seed and the step: the same seed and options take the same steps again. */
export function walk(seed: number, options: WalkOptions, stepCount: number): void {
  const random = createRandom(seed)
  const given = { capacity: 1 + random(8), ...options }
  const ours = new StepPlayer(createOurs(given), options)
  const model = new StepPlayer(createModel(given), options)
  for (const player of [ours, model]) player.registerAll()
  const growing = ['spawn', 'spawnMany', 'spawnWith', 'add', 'addMany', 'inherit']
  const shrinking = ['kill', 'killMany', 'remove', 'again', 'recycle', 'spawn']
  if (options.unseen) shrinking.push('removeQuery', 'fromPrefab', 'toPrefab', 'observeRemove')
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
