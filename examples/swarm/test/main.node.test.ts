import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bundleProgram, runNode } from '../../kit/test/support/program.ts'
import { CHECKSUM } from './support/pinned.ts'

const test = suite('swarm: main')
const program = bundleProgram('examples/swarm/src', ['main', 'worker'])
const { folder, run: swarm, assertFails } = program
test.after(program.remove)

/** The run whose checksum is pinned. */
const PINNED = ['--boids', '2000', '--steps', '100']

test('--help lists the flags', () => {
  const { status, stdout } = swarm('--help')
  assert.is(status, 0)
  for (const flag of 'boids seed seconds steps workers json'.split(' ')) {
    assert.ok(stdout.includes(`--${flag}`), flag)
  }
})

test('runs from its sources, as npm run swarm does it, with workers too', () => {
  for (const workers of [[], ['--workers', '2']]) {
    const { status, stdout, stderr } = runNode(
      ...['--import', 'tsx', 'examples/swarm/src/main.ts'],
      ...[...PINNED, ...workers, '--json'],
    )
    assert.is(status, 0, stderr)
    assert.is(JSON.parse(stdout).checksum, CHECKSUM)
  }
})

test('a run ends with the summary, in plain lines where stdout is no terminal', () => {
  const { status, stdout, stderr } = swarm(...PINNED, '--workers', '2')
  assert.is(status, 0, stderr)
  assert.is(stderr, '')
  assert.ok(stdout.startsWith('2,000 boids, 3.33 s, seed 1, 2 workers\n'), stdout)
  for (const line of [
    /^ {2}steps {15}100 in [\d.]+ s$/m,
    /^ {2}steps per second {4}[\d,.]+ {3}\([\d.,]+ times real time\)$/m,
    /^ {2}step time {11}p50 [\d.]+ ms {3}p99 [\d.]+ ms$/m,
    /^ {2}boids {15}2,000 {3}2 hawks {3}in 10 x 10 x 10 cells$/m,
    /^ {2}in sight {12}[\d.]+ others, on average$/m,
    /^ {2}memory {14}[\d.]+ KiB live {3}[\d.]+ [KM]iB committed {3}256 MiB reserved$/m,
    /^ {2}garbage per step {4}/m,
    /^ {2}arena {15}empty again after the run: 0 blocks left$/m,
    /^ {2}engine {14}Node \d+\./m,
  ]) {
    assert.match(stdout, line)
  }
  assert.match(stdout, new RegExp(`^ {2}checksum {12}${CHECKSUM} {3}\\(seed 1, `, 'm'))
  assert.not.ok(stdout.includes('\x1b'), 'no control characters')
})

test('--json is one object, alike but for the times with any number of workers', () => {
  const reports = [0, 1, 2, 4].map((workers) => {
    const flags = workers === 0 ? [] : ['--workers', `${workers}`]
    const { status, stdout, stderr } = swarm(...PINNED, ...flags, '--json')
    assert.is(status, 0, stderr)
    assert.is(stderr, '')
    return JSON.parse(stdout)
  })
  for (const [i, report] of reports.entries()) {
    assert.is(report.checksum, CHECKSUM)
    assert.ok(report.othersSeen > 1 && report.othersSeen < 40, `${report.othersSeen}`)
    assert.is(report.othersSeen, reports[0].othersSeen)
    assert.is(report.workers, [0, 1, 2, 4][i])
    assert.is(report.boids, 2000)
    assert.is(report.hawks, 2)
    assert.is(report.steps, 100)
    assert.is(report.seed, 1)
    assert.is(report.blocksLeft, 0)
    assert.is(report.reservedByteLength, 256 * 2 ** 20)
    assert.ok(report.committedByteLength > report.liveByteLength && report.liveByteLength > 0)
    for (const key of ['wallSeconds', 'stepsPerSecond', 'stepMsP50', 'stepMsP99']) {
      assert.ok(report[key] > 0, key)
    }
  }
})

test('time in seconds, other dice, one boid', () => {
  const report = JSON.parse(swarm('--boids', '1', '--seconds', '0.1', '--json').stdout)
  assert.is(report.steps, 3)
  assert.is(report.boids, 1)
  assert.is(JSON.parse(swarm('--boids', '9', '--seconds', '0.01', '--json').stdout).steps, 1)
  const seeds = ['0', '4294967295'].map((seed) => {
    const { stdout } = swarm('--boids', '100', '--steps', '5', '--seed', seed, '--json')
    return JSON.parse(stdout).checksum
  })
  assert.is(new Set(seeds).size, 2)
  assert.match(swarm('--boids', '1', '--steps', '1').stdout, /^1 boid, 0\.0333 s, seed 1\n/)
})

test('a worker that cannot start: an error, and no summary', () => {
  const worker = join(folder, 'worker.mjs')
  const source = readFileSync(worker)
  try {
    writeFileSync(worker, "throw new RangeError('planted')")
    const { status, stdout, stderr } = swarm(...PINNED, '--workers', '2', '--json')
    assert.is(status, 1)
    assert.is(stdout, '')
    assert.match(stderr, /planted|not-joined|did not join/)
  } finally {
    writeFileSync(worker, source)
  }
  assert.is(swarm(...PINNED, '--workers', '2').status, 0)
})

test('wrong flags', () => {
  assertFails(['--boids', '0'], /'0' is invalid\. Expected a whole number from 1 to 1000000/)
  assertFails(['--boids', '1000001'], /is invalid/)
  assertFails(['--boids', '1.5'], /is invalid/)
  assertFails(['--seed', '-1'], /'-1' is invalid|argument missing/)
  assertFails(['--seed', '4294967296'], /is invalid/)
  assertFails(['--seconds', '0'], /'0' is invalid.*above 0/)
  assertFails(['--steps', '0'], /is invalid.*whole number from 1/)
  assertFails(['--workers', '65'], /is invalid.*whole number from 1 to 64/)
  assertFails(['--workers'], /argument missing/)
  assertFails(['--seconds', '1', '--steps', '1'], /--seconds and --steps exclude each other/)
  assertFails(['--wat'], /unknown option '--wat'/)
  assertFails(['20'], /too many arguments/)
})

test.run()
