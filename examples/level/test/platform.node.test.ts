import { suite } from 'uvu'
import { assertBundlesForBrowsers, assertComputesAlike } from '../../kit/test/support/platform.ts'

const test = suite('level: platform')
const sim = 'examples/level/src/sim'

test('the simulation bundles for browsers', () => assertBundlesForBrowsers(sim, 'createSimulation'))

test('it computes with what all engines do alike', () => assertComputesAlike(sim, 15))

test.run()
