// The main job of the repository: a level, simulated in an arena. `npm start -- --help` lists the
// flags.
import { Arena, ArenaError, blocks } from '@ashlar/core'
import { CommandsError } from '@ashlar/ecs-adapter'
import { assertEmpty, engineName, formatCount } from 'example-kit'
import { failWith, openProgressView } from 'example-kit/cli'
import { type FoundWad, findWad, WadFileError } from './find-wad.ts'
import { startTeam } from './group.ts'
import type { MapReport } from './map-report.ts'
import { type Options, readOptions } from './options.ts'
import { type Progress, shownProgress } from './progress.ts'
import { runMap } from './run-map.ts'
import { runShards } from './run-shards.ts'
import { startShardWorkers, WorkerError } from './shard-workers.ts'
import { type MapData, readMap, WadError } from './sim/index.ts'
import { type RunReport, summaryAsJson, summaryAsText } from './summary.ts'

/** Address space; pages are taken from the system when they are first used. */
const ARENA_BYTE_LENGTH = 256 * 2 ** 20

try {
  const options = readOptions(process.argv.slice(2))
  const found = findWad(options)
  const maps = readMaps(found, options)
  if (!options.json) console.log(headOf(found, maps, options))
  const report = await run(maps, found, options)
  console.log(options.json ? summaryAsJson(report) : `\n${summaryAsText(report)}`)
} catch (error) {
  failWith('level', error, [WadFileError, ArenaError, CommandsError, WorkerError])
}

function readMaps({ wad, file }: FoundWad, options: Options): MapData[] {
  const wanted = options.map ?? wad.mapNames[0] ?? 'E1M1'
  const names = wanted.toLowerCase() === 'all' ? wad.mapNames : [wanted]
  try {
    if (names.length === 0) throw new WadError('directory', 0, 'this WAD has no maps at all')
    return names.map((name) => readMap(wad, name))
  } catch (error) {
    throw error instanceof WadError ? new WadFileError(file, error) : error
  }
}

/** All maps, one after the other, in one arena that must be empty again after each. */
async function run(maps: MapData[], found: FoundWad, options: Options): Promise<RunReport> {
  const { workers = 0 } = options
  // Where memory cannot be shared, one thread does without; workers get an error that says why.
  const sharing = workers > 0 ? { shared: true } : {}
  const arena = Arena.create({ byteLength: ARENA_BYTE_LENGTH, slots: workers + 1, ...sharing })
  const shardWorkers = workers > 0 && !options.group ? startShardWorkers(arena, workers) : undefined
  const team = options.group ? startTeam(workers) : undefined
  const view = openProgressView(options.json)
  const onProgress = (progress: Progress) => view.show(shownProgress(progress))
  const reports: MapReport[] = []
  try {
    for (const map of maps) {
      const mapOptions = { ...options, arena, map, team, onProgress }
      reports.push(await (shardWorkers ? runShards(shardWorkers, mapOptions) : runMap(mapOptions)))
      assertEmpty(arena, map.name)
    }
  } finally {
    view.stop()
    await shardWorkers?.stop()
    await team?.stop()
  }
  return {
    source: found.file ?? 'built-in',
    engine: engineName(),
    seed: options.seed,
    extraActors: options.entities,
    workers,
    group: options.group,
    maps: reports,
    blocksLeft: blocks(arena).length,
  }
}

function headOf({ wad, file, note }: FoundWad, maps: MapData[], options: Options): string {
  const mapCount = wad.mapNames.length === 1 ? '1 map' : `${wad.mapNames.length} maps`
  const thingCount = maps.reduce((sum, map) => sum + map.things.count, 0)
  const each = maps.length > 1 ? ' each' : ''
  const what = maps.length === 1 ? maps[0].name : `${maps.length} maps`
  const things = `${formatCount(thingCount)} things, ${formatCount(options.entities)} more actors`
  return [
    ...(note ? [note, ''] : []),
    `${file ?? 'built-in level'} (${wad.kind}, ${mapCount})`,
    `${what}: ${things}${each}, ${options.seconds} s${each}${seedAndWorkers(options)}`,
  ].join('\n')
}

function seedAndWorkers({ seed, workers, group }: Options): string {
  if (workers === undefined) return `, seed ${seed}`
  const count = workers === 1 ? '1 worker' : `${workers} workers`
  return `, seed ${seed}, ${count}${group ? ' in a group' : ''}`
}
