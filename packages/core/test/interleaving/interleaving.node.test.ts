// Every schedule of two and three threads, up to a number of preemptions, with a death at every
// step. ASHLAR_DEPTH=1 allows one preemption more than each scenario asks for: minutes instead of
// seconds.
import process from 'node:process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { explore } from './scenario.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'

const test = suite('interleaving')
const depth = Number(process.env.ASHLAR_DEPTH ?? 0)

for (const scenario of SCENARIOS) {
  test(scenario.name, () => {
    const { preemptions = 2 } = scenario
    const { fault, schedule, schedules } = explore(scenario, { preemptions: preemptions + depth })
    assert.is(fault, '', `${fault}\n${schedule}`)
    assert.ok(schedules > 1, `only ${schedules} schedules were run`)
  })
}

test.run()
