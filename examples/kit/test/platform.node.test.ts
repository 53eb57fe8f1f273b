import { suite } from 'uvu'
import { assertComputesAlike } from './support/platform.ts'

const test = suite('kit: platform')

test('what simulations share computes with what all engines do alike', () =>
  assertComputesAlike('examples/kit/src/sim', 3))

test.run()
