// Each operation of bitECS that changes what entities have, on a storage and on a model of it: both
// show the same at every step.
import { suite } from 'uvu'
import { type WalkOptions, walk } from './membership-walk.ts'

const test = suite('membership')

const kinds: Record<string, WalkOptions> = {
  'one world': {},
  'two worlds that share an index': { worldCount: 2 },
  'versioned ids': { versioned: true, lastOnly: true },
  'several generations of masks': { padCount: 26 },
}

for (const [name, options] of Object.entries(kinds)) {
  for (const seed of [1, 2]) {
    test(`${name}, seed ${seed}: it goes as in the model`, () => walk(seed, options, 300))
  }
}

test.run()
