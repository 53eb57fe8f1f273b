import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../test/support/rounds.ts'
import { bundleProgram, runNode } from '../../kit/test/support/program.ts'
import { createSimulation, createTinyWad, readWad, STEPS_PER_SECOND } from '../src/sim/index.ts'
import { writeWad } from '../src/sim/wad-writer.ts'
import { createTestArena, tinyMap } from './support/tiny-level.ts'

const test = suite('level: main')
const program = bundleProgram('examples/level/src', ['main', 'shard-worker', 'group-worker'])
const { folder, run: level, assertFails } = program
test.after(program.remove)

function writeFile(name: string, bytes: Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}

test('--help lists the flags', () => {
  const { status, stdout } = level('--help')
  assert.is(status, 0)
  const flags = 'wad tiny map seed seconds entities workers group json'.split(' ')
  for (const flag of flags) assert.ok(stdout.includes(`--${flag}`), flag)
})

test('runs from its sources, as npm start does it', () => {
  const args = ['--tiny', '--seconds', '1', '--json']
  const { status, stdout } = runNode('--import', 'tsx', 'examples/level/src/main.ts', ...args)
  assert.is(status, 0)
  assert.is(JSON.parse(stdout).checksum, JSON.parse(level(...args).stdout).checksum)
})

test('runs from its sources with workers, too', () => {
  const args = ['--tiny', '--seconds', '1', '--json', '--workers', '2']
  const { status, stdout, stderr } = runNode(
    ...['--import', 'tsx', 'examples/level/src/main.ts'],
    ...args,
  )
  assert.is(status, 0, stderr)
  assert.is(JSON.parse(stdout).checksum, JSON.parse(level(...args).stdout).checksum)
})

test('a run ends with the summary, in plain lines where stdout is no terminal', () => {
  const { status, stdout, stderr } = level('--tiny', '--seconds', '4', '--entities', '30')
  assert.is(status, 0, stderr)
  assert.is(stderr, '')
  const head = 'built-in level (PWAD, 1 map)\nE1M1: 33 things, 30 more actors, 4 s, seed 1\n'
  assert.ok(stdout.startsWith(head), stdout)
  for (const line of [
    /^ {2}steps {15}140 in [\d.]+ s$/m,
    /^ {2}steps per second {4}[\d.,]+ {3}\([\d.,]+ times real time\)$/m,
    /^ {2}step time {11}p50 [\d.]+ ms {3}p99 [\d.]+ ms$/m,
    /^ {2}entities {12}\d+ {3}at most \d+$/m,
    /^ {2}shots {15}[\d,]+ fired {3}[\d,]+ hits {3}[\d,]+ knockouts$/m,
    /^ {2}allocs per second {3}[\d,]+ {3}\(cell lists and trails\)$/m,
    /^ {2}frees per second {4}[\d,]+$/m,
    /^ {2}memory {14}[\d.]+ KiB live {3}[\d.]+ [KM]iB committed {3}256 MiB reserved$/m,
    /^ {2}garbage per step {4}[\d.]+ [KM]?i?B /m,
    /^ {2}arena {15}empty again after the map: 0 blocks left$/m,
    /^ {2}checksum {12}[0-9a-f]{8} {3}\(seed 1, /m,
    /^ {2}engine {14}Node \d+\./m,
  ]) {
    assert.match(stdout, line)
  }
  assert.not.ok(stdout.includes('\x1b'), 'no control characters')
})

test('--json is one object, and the checksum is that of the simulation', async () => {
  const args = ['--tiny', '--seconds', '2', '--entities', '10', '--seed', '4294967295', '--json']
  const { status, stdout, stderr } = level(...args)
  assert.is(status, 0, stderr)
  assert.is(stderr, '')
  const report = JSON.parse(stdout)
  const simulation = await createSimulation({
    ...createTestArena(),
    map: tinyMap,
    seed: 4294967295,
    extraActorCount: 10,
  })
  for (let step = 0; step < 2 * STEPS_PER_SECOND; step++) simulation.step()
  const checksum = simulation.checksum().toString(16).padStart(8, '0')
  assert.is(report.source, 'built-in')
  assert.is(report.seed, 4294967295)
  assert.is(report.extraActors, 10)
  assert.is(report.things, 33)
  assert.is(report.blocksLeft, 0)
  assert.is(report.checksum, checksum)
  assert.is(report.maps.length, 1)
  const [map] = report.maps
  assert.is(map.map, 'E1M1')
  assert.is(map.steps, 70)
  assert.is(map.checksum, checksum)
  assert.is(map.entities, simulation.entityCount())
  assert.is(map.allocs, simulation.scene.pool.counts.allocs)
  assert.is(map.reservedByteLength, 256 * 2 ** 20)
  for (const key of [
    'stepsPerSecond',
    'stepMsP50',
    'stepMsP99',
    'allocsPerSecond',
    'liveByteLength',
  ]) {
    assert.ok(map[key] > 0, key)
  }
  assert.ok(map.committedByteLength > map.liveByteLength)
})

test('--map all: a row for each map and a sum', () => {
  const file = writeFile('two.wad', twoMaps())
  const { status, stdout } = level('--wad', file, '--map', 'all', '--seconds', '1')
  assert.is(status, 0)
  assert.match(stdout, /two\.wad \(IWAD, 2 maps\)/)
  assert.match(stdout, /^2 maps: 66 things, 1,000 more actors each, 1 s each, seed 1$/m)
  assert.match(stdout, /^ {2}map +things +lines +entities +steps\/s +p50 ms +p99 ms/m)
  assert.match(stdout, /^ {2}E1M1 +33 +82 /m)
  assert.match(stdout, /^ {2}E1M2 +33 +82 /m)
  assert.match(stdout, /things +66 in 2 maps/)
  assert.match(stdout, /empty again after each of the 2 maps: 0 blocks left/)
  const json = JSON.parse(level('--wad', file, '--map', 'ALL', '--seconds', '1', '--json').stdout)
  assert.equal(
    json.maps.map((map: { map: string }) => map.map),
    ['E1M1', 'E1M2'],
  )
  assert.is(json.maps[0].checksum, json.maps[1].checksum, 'the same map twice')
  assert.ok(stdout.includes(json.checksum))
})

function twoMaps(): Uint8Array {
  const tiny = readWad(createTinyWad())
  const lumps = tiny.lumps.map(({ name, byteOffset, byteLength }) => ({
    name,
    bytes: new Uint8Array(tiny.view.buffer, byteOffset, byteLength),
  }))
  return writeWad('IWAD', [...lumps, { ...lumps[0], name: 'E1M2' }, ...lumps.slice(1)])
}

test('--workers: the same checksum, and a row for each worker', () => {
  const args = ['--tiny', '--seconds', '4', '--entities', '30']
  const one = JSON.parse(level(...args, '--json').stdout)
  assert.is(one.workers, 0)
  assert.equal(one.maps[0].workers, [])
  for (const workers of someOf([3, 1, 2, 4])) {
    const { status, stdout, stderr } = level(...args, '--workers', `${workers}`, '--json')
    assert.is(status, 0, stderr)
    assert.is(stderr, '')
    const report = JSON.parse(stdout)
    assert.is(report.checksum, one.checksum, `${workers} workers`)
    assert.is(report.workers, workers)
    assert.is(report.blocksLeft, 0)
    assert.is(report.maps[0].workers.length, workers)
    assert.is(report.maps[0].entities, one.maps[0].entities)
  }
  const { status, stdout } = level(...args, '--workers', '2')
  assert.is(status, 0)
  assert.match(stdout, /^E1M1: 33 things, 30 more actors, 4 s, seed 1, 2 workers$/m)
  assert.match(stdout, /^ {2}worker +entities +handed over +remote frees +steps\/s +busy$/m)
  assert.match(stdout, /^ {2}1 +\d+ +\d+ +\d+ +[\d,]+ +\d+ %$/m)
  assert.match(stdout, /^ {2}2 +\d+ +\d+ +\d+ +[\d,]+ +\d+ %$/m)
  assert.match(stdout, /allocs per second +[\d,]+ {3}\(cell lists, trails and mail\)$/m)
  assert.match(stdout, /arena +empty again after the map: 0 blocks left$/m)
  assert.ok(stdout.includes(one.checksum))
})

test('--workers with --map all', () => {
  const file = writeFile('two-maps.wad', twoMaps())
  const args = ['--wad', file, '--map', 'all', '--seconds', '1', '--entities', '50']
  const one = JSON.parse(level(...args, '--json').stdout)
  const { status, stdout } = level(...args, '--workers', '3')
  assert.is(status, 0)
  assert.match(stdout, /^2 maps: 66 things, 50 more actors each, 1 s each, seed 1, 3 workers$/m)
  assert.match(stdout, /^ {2}3 +\d+ +\d+ +\d+ +[\d,]+ +\d+ %$/m)
  assert.match(stdout, /empty again after each of the 2 maps: 0 blocks left/)
  assert.ok(stdout.includes(one.checksum))
})

test('--group: the same checksum, on any number of workers, of one map or several', () => {
  const file = writeFile('two-maps.wad', twoMaps())
  const args = ['--wad', file, '--map', 'all', '--seconds', '2', '--entities', '50']
  const one = JSON.parse(level(...args, '--json').stdout)
  for (const workers of someOf([2, 1, 4])) {
    const { status, stdout, stderr } = level(
      ...args,
      ...['--workers', `${workers}`, '--group', '--json'],
    )
    assert.is(status, 0, stderr)
    const report = JSON.parse(stdout)
    assert.is(report.checksum, one.checksum, `${workers} workers`)
    assert.is(report.workers, workers)
    assert.is(report.blocksLeft, 0)
    assert.is(report.maps[1].entitiesMax, one.maps[1].entitiesMax)
    assert.is(report.maps[1].shotsFired, one.maps[1].shotsFired)
  }
  const { status, stdout } = level(...args, '--workers', '2', '--group')
  assert.is(status, 0)
  assert.match(stdout, /, seed 1, 2 workers in a group$/m)
  assert.match(stdout, /allocs per second +[\d,]+ {3}\(cell lists; trails are the workers’\)$/m)
})

test('a worker that fails: its message, exit code 1, and no summary', () => {
  const worker = join(folder, 'shard-worker.mjs')
  const args = ['--tiny', '--seconds', '1', '--workers', '2', '--json']
  const source = readFileSync(worker)
  try {
    writeFileSync(worker, 'process.exit(7)')
    assertFails(args, /^level: worker [12] of 2 ended with exit code 7 in the midst of its work\n$/)
    writeFileSync(worker, "throw new RangeError('planted')")
    const { status, stdout, stderr } = level(...args)
    assert.is(status, 1)
    assert.is(stdout, '')
    assert.match(stderr, /^level: worker [12] of 2 failed: RangeError: planted\n\s+at /)
  } finally {
    writeFileSync(worker, source)
  }
  assert.is(level(...args).status, 0)
})

test('a map in any case, and one that is not there', () => {
  assert.is(level('--tiny', '--map', 'e1m1', '--seconds', '0.1').status, 0)
  assertFails(
    ['--tiny', '--map', 'E1M2'],
    /directory at byte \d+: no map 'E1M2'; this WAD has E1M1/,
  )
})

const WRONG_COUNTS = ['0', '-1', '1.5', '2x', '', ' ', '65', '1e9', 'Infinity', '0x2']

test('wrong flags', () => {
  assertFails(['--group'], /^error: --group needs --workers: give both\n/)
  assertFails(['--seed', 'x'], /'x' is invalid\. Expected a whole number from 0 to 4294967295/)
  assertFails(['--seed', '-1'], /'-1' is invalid|argument missing/)
  assertFails(['--seed', '4294967296'], /is invalid/)
  assertFails(['--seconds', '0'], /'0' is invalid.*above 0/)
  assertFails(['--seconds', '1e9'], /is invalid/)
  assertFails(['--entities', '1.5'], /is invalid.*whole number from 0 to 20000/)
  assertFails(['--entities'], /argument missing/)
  for (const workers of someOf(WRONG_COUNTS)) {
    assertFails(['--workers', workers], /is invalid.*whole number from 1 to 64|argument missing/)
  }
  assertFails(['--workers'], /argument missing/)
  assertFails(['--wat'], /unknown option '--wat'/)
  assertFails(['E1M1'], /too many arguments/)
  assertFails(['--tiny', '--wad', 'x.wad'], /--tiny and --wad exclude each other/)
})

test('files that are missing or broken', () => {
  assertFails(['--wad', join(folder, 'none.wad')], /^level: .*none\.wad: ENOENT/)
  assertFails(['--wad', writeFile('empty.wad', new Uint8Array(0))], /empty\.wad: header at byte 0/)
  const tiny = createTinyWad()
  const truncated = writeFile('truncated.wad', tiny.slice(0, 3000))
  assertFails(
    ['--wad', truncated],
    /truncated\.wad: header at byte 8: .*outside of the file's 3000/,
  )
  const { byteOffset } = readWad(tiny).lumps.find(({ name }) => name === 'LINEDEFS')!
  tiny.fill(0xff, byteOffset + 14, byteOffset + 16)
  const corrupt = writeFile('corrupt.wad', tiny)
  const place = `E1M1 LINEDEFS at byte ${byteOffset + 14}: record 1 names start vertex 65535`
  assertFails(['--wad', corrupt], new RegExp(`corrupt\\.wad: ${place}`))
  assertFails(['--wad', corrupt, '--map', 'all', '--json'], new RegExp(place))
  const mapless = writeFile('mapless.wad', writeWad('PWAD', []))
  assertFails(['--wad', mapless], /no maps at all/)
  assertFails(['--wad', mapless, '--map', 'all'], /no maps at all/)
})

test.run()
