// Random operations, on a pool and on a model of it. Small arenas, so that they run full all the
// time.
import fc from 'fast-check'
import { suite } from 'uvu'
import { rounds } from '../../../test/support/rounds.ts'
import { KINDS, Model, type Operation } from './support/model.ts'
import { type Random, SEED, seeded } from './support/random.ts'

const test = suite('model')

/**
 * Every size from 0 to 1 MiB, each power of two as likely as the others, and their edges more so.
 */
const byteLengths = fc.oneof(
  fc.nat({ max: 20 }).chain((log) => fc.nat({ max: 2 ** log })),
  fc.tuple(fc.nat({ max: 20 }), fc.integer({ min: -17, max: 17 })).map(([log, offset]) => {
    return Math.max(0, 2 ** log + offset)
  }),
)
const operations = fc.array(
  fc.tuple(fc.nat({ max: KINDS.length - 1 }), fc.nat({ max: 4096 }), byteLengths, fc.nat()),
  { maxLength: 150, size: 'max' },
)

for (const shared of [true, false]) {
  test(`${shared ? 'shared' : 'unshared'}: sound after every step (seed ${SEED})`, () => {
    const property = fc.property(operations, (list) => {
      const model = new Model(2 ** 20, shared)
      for (const operation of list) {
        model.apply(operation)
        model.check()
      }
      model.end()
    })
    // What fails is shrunk to the fewest and smallest operations that still do.
    fc.assert(property, { seed: SEED, numRuns: rounds(20) })
  })
}

const randomOperation = (random: Random): Operation => [
  random.below(KINDS.length),
  random.below(4096),
  random.below(2 ** random.below(random.below(8) === 0 ? 21 : 13)),
  random.below(2 ** 16),
]

const STEP_COUNT = rounds(200_000)

test(
  `sound through ${STEP_COUNT} steps`,
  seeded((random) => {
    const model = new Model(2 ** 22, true)
    for (let step = 1; step <= STEP_COUNT; step++) {
      model.apply(randomOperation(random))
      if (step % 5000 === 0) model.check()
    }
    model.end()
  }),
)

test.run()
