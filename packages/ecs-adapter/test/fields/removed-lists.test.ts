import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RemovedLists } from '../../src/fields/removed-lists.ts'
import { createRandom } from '../support.ts'

const test = suite('removed-lists')

test('untracked and lost rows are freed, against a model', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createRandom(seed)
    const freed = new Set<number>()
    const untracked = new Map<number, number>()
    const lost = new Set<number>()
    const owners = new Set<number>()
    const removedLists = new RemovedLists(
      (row) => void freed.add(row),
      (eid) => owners.has(eid),
      () => 16,
    )
    for (let step = 0; step < 2000; step++) {
      const row = random(600)
      const where = `seed ${seed}, step ${step}`
      const action = random(100)
      if (action < 40) {
        const eid = row + 1000 * random(3)
        removedLists.addUntracked(eid, row)
        untracked.set(row, eid)
        if (random(2) === 0) owners.add(eid)
      } else if (action < 60) {
        removedLists.add(row)
        lost.add(row)
      } else if (action < 70) {
        removedLists.renew(row)
        untracked.delete(row)
        lost.delete(row)
      } else if (action < 80) {
        assert.is(removedLists.takeLost(row), lost.delete(row), where)
      } else if (action < 90) {
        const eid = row + 1000
        const other = untracked.get(row)
        const isAnother = other !== undefined && other !== eid
        assert.is(removedLists.hasAnotherUntracked(eid, row), isAnother, where)
      } else if (action < 98) {
        if (random(3) === 0) owners.clear()
        freed.clear()
        removedLists.sync()
        const expected = new Set(lost)
        for (const [one, eid] of untracked) {
          if (owners.has(eid)) continue
          expected.add(one)
          untracked.delete(one)
        }
        lost.clear()
        const sorted = (rows: Set<number>) => [...rows].sort((a, b) => a - b)
        assert.equal(sorted(freed), sorted(expected), where)
      } else if (random(4) === 0) {
        removedLists.clear()
        untracked.clear()
        lost.clear()
      }
    }
  }
})

test.run()
