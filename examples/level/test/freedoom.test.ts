// The real input: Freedoom. A machine that lacks it says so; with CI set that is a failure.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Arena, blocks, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { wadFolders } from '../src/find-wad.ts'
import { createSimulation, readMap, readWad } from '../src/sim/index.ts'
import { buildBlockMap } from '../src/sim/wad-block-map.ts'
import { listsOf } from './support/block-lists.ts'

const test = suite('level: freedoom')

const files = wadFolders().map((folder) => join(folder, 'freedoom1.wad'))
const file = files.find((path) => existsSync(path))

if (file === undefined) {
  console.log('NOT RUN: Freedoom is not installed (apt-get install freedoom); looked for')
  for (const path of files) console.log(`  ${path}`)
  // Elsewhere the suite still needs a test, or the line above would look like a crash.
  test('Freedoom is installed where CI runs', () => assert.not.ok(process.env.CI))
} else {
  const wad = readWad(readFileSync(file))

  test('phase 1 has 36 maps with 15,465 things', () => {
    assert.is(wad.kind, 'IWAD')
    assert.is(wad.mapNames.length, 36)
    const counts = wad.mapNames.map((name) => readMap(wad, name).things.count)
    assert.is(
      counts.reduce((sum, count) => sum + count, 0),
      15_465,
    )
  })

  test('all maps run in one arena, which is empty again after each', async () => {
    const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
    const pool = arena.openPool()
    let checksums = 0
    for (const name of wad.mapNames) {
      const map = readMap(wad, name)
      const simulation = await createSimulation({ arena, pool, map, seed: 1, extraActorCount: 20 })
      for (let step = 0; step < 35; step++) simulation.step()
      assert.ok(simulation.entityCount() >= map.things.count + 20)
      checksums = Math.imul(checksums ^ simulation.checksum(), 0x01000193)
      await simulation.dispose()
      assert.equal(blocks(arena), [], name)
      assert.equal(verify(arena), [], name)
    }
    assert.is((checksums >>> 0).toString(16), 'a8e22e9b', 'the same on every engine')
  })

  test('the checksum of E1M1 is this one, on every engine', async () => {
    const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
    const pool = arena.openPool()
    const map = readMap(wad, 'E1M1')
    assert.is(map.things.count, 238)
    const simulation = await createSimulation({ arena, pool, map, seed: 1, extraActorCount: 200 })
    for (let step = 0; step < 350; step++) simulation.step()
    assert.is(simulation.checksum().toString(16), '9ac700a4')
  })

  test('a block map that is built has every line that Freedoom’s own has', () => {
    let listedCount = 0
    let builtCount = 0
    for (const name of wad.mapNames) {
      const { blockMap, vertices, lines } = readMap(wad, name)
      const built = buildBlockMap(vertices, lines)
      if (built.originX !== blockMap.originX || built.originY !== blockMap.originY) continue
      if (built.columnCount !== blockMap.columnCount) continue
      const builtLists = listsOf(built)
      for (const [block, list] of listsOf(blockMap).entries()) {
        const has = new Set(builtLists[block])
        for (const line of list) assert.ok(has.has(line), `${name}, block ${block}, line ${line}`)
        listedCount += list.length
        builtCount += has.size
      }
    }
    assert.ok(listedCount > 100_000, `${listedCount} compared`)
    assert.ok(builtCount < 1.05 * listedCount, `${builtCount} built for ${listedCount}`)
  })
}

test.run()
