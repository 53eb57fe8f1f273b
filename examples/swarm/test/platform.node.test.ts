import { suite } from 'uvu'
import { assertBundlesForBrowsers, assertComputesAlike } from '../../kit/test/support/platform.ts'

const test = suite('swarm: platform')
const sim = 'examples/swarm/src/sim'

test('the simulation bundles for browsers', () => assertBundlesForBrowsers(sim, 'createSimulation'))

test('it computes with what all engines do alike', () => assertComputesAlike(sim, 10))

test.run()
