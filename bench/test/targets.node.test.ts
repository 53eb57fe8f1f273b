// What is reached, from the figures of processes that took turns.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatFigures, formatVerdicts } from '../driver/report.ts'
import {
  type Case,
  type Figure,
  figureOf,
  ours,
  oursBefore,
  runInterleaved,
} from '../driver/run.ts'
import { isReached, isTargeted, judge, targets } from '../driver/targets.ts'

const test = suite('targets')

const names = new Map(['node', 'node24', 'bun'].map((key) => [key, key]))
const engines = new Map(
  ['node', 'node24', 'bun', 'native'].map((key) => {
    return [key, { key, name: key, command: process.execPath, arguments: [] }]
  }),
)

function caseOf(workload: string, contender: string, engine = 'node'): Case {
  const ran = contender
  return { topic: 'alloc', workload, contender, engine: engines.get(engine)!, arguments: [], ran }
}

/** The verdict of the target that compares these two. */
function verdictOf(figures: readonly Figure[], workload: string, rival: string) {
  const verdicts = judge(figures, names).filter(({ target }) => {
    const isOfNode = target.engine === 'node' && target.workload === workload
    return isOfNode && target.contender === ours && target.rival?.contender === rival
  })
  assert.is(verdicts.length, 1, `targets of ${workload} against ${rival}`)
  return verdicts[0]
}

function reachedOf(workload: string, rival: string, own: number[], other: number[]) {
  const engine = rival === 'mimalloc' ? 'native' : 'node'
  const figures = [
    figureOf(caseOf(workload, ours), own),
    figureOf(caseOf(workload, rival, engine), other),
  ]
  return verdictOf(figures, workload, rival)
}

test('the ratio is of the medians, its spread of the pairs', () => {
  // As on a machine that is slow for two turns.
  const { reached } = reachedOf(
    'random-mixed-100k',
    oursBefore,
    [30, 10, 50, 10, 10],
    [45, 15, 75, 15, 16],
  )
  assert.is(reached?.value, 1.6)
  assert.equal(reached?.spread, [1.5, 1.5])
})

for (const [workload, rival, wanted] of [
  ['random-mixed-100k', oursBefore, 1.4],
  ['random-mixed-100k', 'mimalloc', 1 / 1.15],
  ['random-mixed-1k', oursBefore, 1 / 1.03],
  ['random-64-1k', oursBefore, 1 / 1.03],
  ['lifo-mixed-1k', oursBefore, 1 / 1.03],
  ['lifo-64-1k', oursBefore, 1 / 1.03],
] as const) {
  test(`${workload} against ${rival}: reached at its bound, missed just below`, () => {
    const atBound = reachedOf(workload, rival, [1, 1, 1], [wanted, wanted, wanted])
    assert.ok(isReached(atBound.target, atBound.reached!))
    const below = wanted - 0.001
    const missed = reachedOf(workload, rival, [1, 1, 1], [below, below, below])
    assert.not.ok(isReached(missed.target, missed.reached!))
  })
}

for (const [topic, workload, contender, rival, engine, wanted] of [
  ['alloc', 'lifo-64-1k', `${ours}, typed`, 'mimalloc', 'native', 1],
  ['alloc', 'lifo-64-1k', `${ours}, typed`, 'glibc malloc', 'native', 1.5],
  ['alloc', 'random-64-1k', `${ours}, typed`, 'glibc malloc', 'native', 1],
  ['ecs-suite', 'entity_cycle', ours, 'Int32Array', 'node', 1],
  ['ecs-suite', 'add_remove', ours, 'Int32Array', 'node', 1 / 1.3],
] as const) {
  test(`${contender} in ${workload} against ${rival}: reached at its bound`, () => {
    const verdictAt = (ratio: number) => {
      const figures = [
        figureOf({ ...caseOf(workload, contender), topic }, [1, 1, 1]),
        figureOf({ ...caseOf(workload, rival, engine), topic }, [ratio, ratio, ratio]),
      ]
      const [verdict, ...others] = judge(figures, names).filter(
        ({ reached, target }) => reached !== undefined && target.rival?.contender === rival,
      )
      assert.is(others.length, 0)
      return isReached(verdict.target, verdict.reached!)
    }
    assert.ok(verdictAt(wanted))
    assert.not.ok(verdictAt(wanted - 0.001))
  })
}

test('before is a rival on each engine, and runs where targets alone do', () => {
  for (const workload of ['random-mixed-100k', 'random-mixed-1k', 'lifo-64-1k']) {
    for (const engine of names.keys()) {
      assert.ok(isTargeted(caseOf(workload, oursBefore, engine)))
      const isOfBefore = targets.filter((target) => {
        const isHere = target.workload === workload && target.engine === engine
        return isHere && target.rival?.contender === oursBefore
      })
      assert.is(isOfBefore.length, 1)
      assert.is(isOfBefore[0].rival?.engine, engine)
    }
  }
})

test('without the figures of before its targets are not run, and others are', () => {
  const figures = [
    figureOf(caseOf('random-mixed-1k', ours), [8, 8, 8]),
    figureOf(caseOf('random-mixed-1k', 'mimalloc', 'native'), [10, 10, 10]),
  ]
  assert.is(verdictOf(figures, 'random-mixed-1k', oursBefore).reached, undefined)
  assert.is(verdictOf(figures, 'random-mixed-1k', 'mimalloc').reached?.value, 1.25)
  const lines = formatVerdicts(judge(figures, names)).split('\n')
  const ofBefore = lines.filter((line) => line.includes(oursBefore))
  assert.ok(ofBefore.length > 0)
  for (const line of ofBefore) assert.match(line, /^NOT RUN/)
  assert.match(
    lines.find((line) => line.includes('mimalloc'))!,
    /^PASS.* 1\.25 {2}1\.25 \.\. 1\.25/,
  )
})

test('a target without a rival bounds the median, and spreads over the processes', () => {
  const one = { ...caseOf('empty', ours), topic: 'parallel' }
  const [verdict] = judge([figureOf(one, [14_000, 20_000, 13_000])], names).filter(
    ({ target }) => target.workload === 'empty' && target.engine === 'node',
  )
  assert.equal(verdict.reached, { value: 14_000, spread: [13_500, 17_000] })
  assert.ok(isReached(verdict.target, verdict.reached!))
})

test('a table gives the range of times, and the spread of ratios', () => {
  const figures = [
    figureOf(caseOf('random-mixed-1k', ours), [30, 10, 20]),
    figureOf(caseOf('random-mixed-1k', oursBefore), [60, 20, 40]),
  ]
  const table = formatFigures('random-mixed-1k', 'alloc + free', figures)
  assert.match(table, /ashlar, before +40\.0 {2}20\.0 \.\. 60\.0 +2\.00 {2}2\.00 \.\. 2\.00 +3/)
})

test('samples stay in the order of the turns; a case that fails has no figure', () => {
  const descending = `
    const fs = require('node:fs')
    fs.appendFileSync(process.argv[1], '.')
    const turn = fs.readFileSync(process.argv[1], 'utf8').length
    if (process.argv[2] === 'fails' && turn === 2) process.exit(1)
    console.log(JSON.stringify({ nsPerOp: 100 - turn, checksum: 1, ran: process.argv[2] }))`
  const folder = mkdtempSync(join(tmpdir(), 'ashlar-turns-'))
  try {
    const cases = ['runs', 'fails'].map((contender) => ({
      ...caseOf('random-64-1k', contender),
      arguments: ['-e', descending, join(folder, contender), contender],
    }))
    const failures: string[] = []
    const onFailure = (text: string) => failures.push(text)
    const [figure, ...others] = runInterleaved(cases, 4, () => {}, onFailure)
    assert.equal(figure.samples, [99, 98, 97, 96])
    assert.is(figure.median, 97.5)
    assert.is(others.length, 0)
    assert.is(failures.length, 1)
    assert.match(failures[0], 'random-64-1k: fails on node: exit status 1')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
