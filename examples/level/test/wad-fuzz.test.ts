// Hostile bytes: whatever a WAD holds, it loads and runs, or it is refused with a WadError.
import { Arena, blocks, verify } from '@ashlar/core'
import { createRandom } from 'example-kit/sim'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import {
  createSimulation,
  createTinyWad,
  type MapData,
  readMap,
  readWad,
  WadError,
} from '../src/sim/index.ts'

const test = suite('level: wad-fuzz')
const ROUNDS = rounds(2000)
/** Of the rounds that load, one in so many runs a few steps: it takes a hundred times as long. */
const ROUNDS_PER_RUN = 10
const STEPS = 3

const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
const pool = arena.openPool()

/** The map, or undefined where the bytes were refused; anything but a WadError is thrown. */
function load(bytes: Uint8Array): MapData | undefined {
  try {
    const wad = readWad(bytes)
    return readMap(wad, wad.mapNames[0] ?? 'E1M1')
  } catch (error) {
    if (error instanceof WadError) return undefined
    throw error
  }
}

async function run(map: MapData): Promise<void> {
  const simulation = await createSimulation({ arena, pool, map, seed: 1, extraActorCount: 5 })
  for (let step = 0; step < STEPS; step++) simulation.step()
  simulation.checksum()
  await simulation.dispose()
}

type Damage = (bytes: Uint8Array, below: (count: number) => number) => Uint8Array

/** How many of the rounds were refused. */
async function fuzz(seed: number, damage: Damage): Promise<number> {
  const { below } = createRandom(new Int32Array(1), seed)
  const tiny = createTinyWad()
  let refusedCount = 0
  for (let round = 0; round < ROUNDS; round++) {
    try {
      const map = load(damage(tiny.slice(), below))
      if (map === undefined) refusedCount++
      else if (round % ROUNDS_PER_RUN === 0) await run(map)
    } catch (error) {
      console.error(`seed ${seed}, round ${round}:`)
      throw error
    }
  }
  assert.equal(blocks(arena), [])
  assert.equal(verify(arena), [])
  return refusedCount
}

test('bytes replaced at random', async () => {
  const refusedCount = await fuzz(1, (bytes, below) => {
    for (let times = 1 + below(8); times > 0; times--) bytes[below(bytes.length)] = below(256)
    return bytes
  })
  assert.ok(refusedCount > ROUNDS / 10 && refusedCount < ROUNDS, `${refusedCount} refused`)
})

test('single bits turned over', async () => {
  const refusedCount = await fuzz(2, (bytes, below) => {
    bytes[below(bytes.length)] ^= 1 << below(8)
    return bytes
  })
  assert.ok(refusedCount > ROUNDS / 20 && refusedCount < ROUNDS, `${refusedCount} refused`)
})

test('header and directory damaged', async () => {
  const refusedCount = await fuzz(3, (bytes, below) => {
    const directoryByteOffset = new DataView(bytes.buffer).getInt32(8, true)
    const byteOffsets = [below(12), directoryByteOffset + below(bytes.length - directoryByteOffset)]
    bytes[byteOffsets[below(2)]] = [0, 1, 0x7f, 0x80, 0xff, below(256)][below(6)]
    return bytes
  })
  assert.ok(refusedCount > ROUNDS / 4 && refusedCount < ROUNDS, `${refusedCount} refused`)
})

test('block map damaged', async () => {
  const tiny = readWad(createTinyWad())
  const lump = tiny.lumps.find(({ name }) => name === 'BLOCKMAP')!
  const refusedCount = await fuzz(4, (bytes, below) => {
    for (let times = 1 + below(4); times > 0; times--) {
      bytes[lump.byteOffset + below(lump.byteLength)] = [0, 1, 0xff, below(256)][below(4)]
    }
    return bytes
  })
  assert.ok(refusedCount > ROUNDS / 10 && refusedCount < ROUNDS, `${refusedCount} refused`)
})

test('cut off anywhere, with the directory moved to the front', async () => {
  // With its directory first, a truncated WAD has a directory that can be read.
  const refusedCount = await fuzz(5, (bytes, below) => {
    const view = new DataView(bytes.buffer)
    const directory = bytes.slice(view.getInt32(8, true))
    const front = new Uint8Array(bytes.length)
    front.set(bytes.subarray(0, 12))
    front.set(directory, 12)
    front.set(bytes.subarray(12, bytes.length - directory.length), 12 + directory.length)
    const frontView = new DataView(front.buffer)
    frontView.setInt32(8, 12, true)
    for (let at = 12; at < 12 + directory.length; at += 16) {
      frontView.setInt32(at, frontView.getInt32(at, true) + directory.length, true)
    }
    return front.subarray(0, below(front.length + 1))
  })
  assert.ok(refusedCount >= ROUNDS - 5, `${refusedCount} refused`)
})

test.run()
