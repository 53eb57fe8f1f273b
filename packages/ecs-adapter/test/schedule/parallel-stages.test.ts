import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Access, conflictOf, planStages } from '../../src/schedule/parallel-stages.ts'
import { createRandom } from '../support.ts'

const test = suite('parallel stages')

/** 'a:x,y>z' reads x and y, and writes z; 'a' declares nothing; 'a:x>z+b' comes after b as well. */
function accessOf(text: string): Access {
  const [rest, ...after] = text.split('+')
  const [name, access] = rest.split(':')
  if (access === undefined) return { name, reads: undefined, writes: undefined, after }
  const [reads, writes] = access.split('>').map((list) => list.split(',').filter(Boolean))
  return { name, reads, writes, after }
}

const stagesOf = (...texts: string[]) => {
  const systems = texts.map(accessOf)
  return planStages(systems).stages.map((stage) => stage.map((i) => systems[i].name).join(' '))
}

const CASES: readonly (readonly [systems: string[], stages: string[], why: string])[] = [
  [[], [], 'no systems'],
  [['a'], ['a'], 'one'],
  [['a:x>', 'b:x>', 'c:x>'], ['a b c'], 'readers run at once'],
  [['a:>x', 'b:x>'], ['a', 'b'], 'a reader waits for the writer'],
  [['a:x>', 'b:>x'], ['a', 'b'], 'a writer waits for the reader'],
  [['a:>x', 'b:>x'], ['a', 'b'], 'writers wait for each other'],
  [['a:>x', 'b:>y'], ['a b'], 'writers of different things run at once'],
  [['a:x>x', 'b:y>y', 'c:x,y>'], ['a b', 'c'], 'one waits for two'],
  [['a:p>b', 'c:b>v', 's:>s'], ['a s', 'c'], 'who is free goes into the first stage'],
  [['a:>x', 'b', 'c:>y', 'd:>z'], ['a', 'b', 'c d'], 'what declares nothing runs alone'],
  [['a', 'b'], ['a', 'b'], 'and waits for its like'],
  [['a:>', 'b:>', 'c:>x'], ['a b c'], 'empty lists conflict with nothing'],
  [['a:>', 'b', 'c:>'], ['a', 'b', 'c'], 'but with what declares nothing'],
  [['a:>x', 'b:>y+a', 'c:>z+b'], ['a', 'b', 'c'], 'after'],
  [['a:>x', 'b:x>y', 'c:x>z', 'd:y,z>'], ['a', 'b c', 'd'], 'a diamond'],
]

for (const [systems, stages, why] of CASES) {
  test(why, () => assert.equal(stagesOf(...systems), stages))
}

test('each dependency has its reason, and none follows from others', () => {
  const systems = ['a:>x', 'b:x>y', 'c:x,y>', 'd', 'e:>+a'].map(accessOf)
  const { dependencies } = planStages(systems)
  assert.equal(dependencies, [
    [],
    [{ index: 0, kind: 'write-read', what: 'x' }],
    [{ index: 1, kind: 'write-read', what: 'y' }],
    [{ index: 2, kind: 'unknown', what: undefined }],
    [{ index: 3, kind: 'unknown', what: undefined }],
  ])
})

test('random declarations: no conflict in a stage, in order, and as early as can be', () => {
  const seed = 5
  const random = createRandom(seed)
  for (let round = 0; round < 300; round++) {
    const things = Array.from({ length: 1 + random(6) }, (_, i) => ({ i }))
    const some = () => things.filter(() => random(4) === 0)
    const systems = Array.from({ length: random(14) }, (_, i): Access => {
      const isUnknown = random(12) === 0
      const [reads, writes] = isUnknown ? [undefined, undefined] : [some(), some()]
      const after = i > 0 && random(8) === 0 ? [`s${random(i)}`] : []
      return { name: `s${i}`, reads, writes, after }
    })
    const label = `seed ${seed}, round ${round}`
    const { stages, dependencies } = planStages(systems)
    const stageOf = systems.map((_, i) => stages.findIndex((stage) => stage.includes(i)))
    assert.equal(
      stages.flat().sort((a, b) => a - b),
      systems.map((_, i) => i),
      label,
    )
    for (const stage of stages) assert.ok(stage.length > 0, label)
    for (const [b, later] of systems.entries()) {
      const before = systems.slice(0, b).map((earlier) => mayNotOverlap(earlier, later))
      const earliest = Math.max(0, ...before.map((is, a) => (is ? stageOf[a] + 1 : 0)))
      assert.is(stageOf[b], earliest, label)
      for (const [a, is] of before.entries()) {
        assert.is(conflictOf(systems[a], later) !== undefined, is, label)
        if (is) assert.ok(isReached(dependencies, b, a), label)
      }
      for (const { index } of dependencies[b]) {
        assert.ok(before[index], label)
        const others = dependencies[b].filter((one) => one.index !== index)
        assert.not.ok(
          others.some((one) => isReached(dependencies, one.index, index)),
          `${label}: a dependency that another implies`,
        )
      }
    }
  }
})

/** The same by the definition, one pair of things after the other. */
function mayNotOverlap(a: Access, b: Access): boolean {
  if (b.after.some((name) => name === a.name)) return true
  if (!a.reads && !a.writes) return true
  if (!b.reads && !b.writes) return true
  const touched = (system: Access) => new Set([...(system.reads ?? []), ...(system.writes ?? [])])
  const isHit = (one: Access, other: Access) => one.writes?.some((what) => touched(other).has(what))
  return Boolean(isHit(a, b) || isHit(b, a))
}

type Dependencies = ReturnType<typeof planStages>['dependencies']

const isReached = (dependencies: Dependencies, from: number, to: number): boolean =>
  from === to || dependencies[from].some(({ index }) => isReached(dependencies, index, to))

test.run()
