// What a run came to, as text and as JSON.
import {
  formatBytes,
  formatChecksum,
  formatCount,
  formatFigure,
  formatTable,
  garbageRow,
  memoryRow,
  row,
  stepRows,
} from 'example-kit'
import type { MapReport } from './map-report.ts'
import { STEPS_PER_SECOND } from './sim/index.ts'

export interface RunReport {
  /** Path of the WAD, or 'built-in'. */
  readonly source: string
  readonly engine: string
  readonly seed: number
  readonly extraActors: number
  /** 0: all in one thread. */
  readonly workers: number
  /** Whether they ran the systems of one world. */
  readonly group: boolean
  readonly maps: readonly MapReport[]
  /** Blocks still live after the last map was disposed of; the same was checked after each. */
  readonly blocksLeft: number
}

/** One object: the run, an entry for each map, and sums. Checksums are 8 hexadecimal digits. */
export function summaryAsJson(report: RunReport): string {
  const maps = report.maps.map((map) => ({ ...map, checksum: formatChecksum(map.checksum) }))
  const things = sum(report.maps, (map) => map.things)
  return JSON.stringify({ ...report, maps, things, checksum: totalChecksum(report) }, null, 2)
}

export function summaryAsText(report: RunReport): string {
  const lines = report.maps.length === 1 ? oneMap(report) : manyMaps(report)
  const emptied = report.maps.length === 1 ? 'the map' : `each of the ${report.maps.length} maps`
  return [
    ...lines,
    ...workerTable(report.maps),
    row('arena', `empty again after ${emptied}: ${report.blocksLeft} blocks left`),
    row('checksum', `${totalChecksum(report)}   ${sameEverywhere(report)}`),
    row('engine', report.engine),
  ].join('\n')
}

/** Of several maps: of their checksums. */
export function totalChecksum({ maps }: Pick<RunReport, 'maps'>): string {
  if (maps.length === 1) return formatChecksum(maps[0].checksum)
  const total = maps.reduce((hash, map) => Math.imul(hash ^ map.checksum, 0x01000193), 0x811c9dc5)
  return formatChecksum(total >>> 0)
}

function oneMap(report: RunReport): string[] {
  const [map] = report.maps
  return [
    ...stepRows(map, STEPS_PER_SECOND),
    row('entities', `${formatCount(map.entities)}   at most ${formatCount(map.entitiesMax)}`),
    row(
      'shots',
      `${formatCount(map.shotsFired)} fired   ${formatCount(map.hits)} hits   ` +
        `${formatCount(map.knockouts)} knockouts`,
    ),
    row('allocs per second', `${formatCount(map.allocsPerSecond)}   ${whose(report)}`),
    row('frees per second', formatCount(map.freesPerSecond)),
    memoryRow(map),
    garbageRow(map.garbageBytesPerStep, INCLUDED),
  ]
}

function manyMaps(report: RunReport): string[] {
  const { maps } = report
  const steps = sum(maps, (map) => map.steps)
  const wallSeconds = sum(maps, (map) => map.wallSeconds)
  // Of the stepping alone, as each map's row has it.
  const perSecond = (of: (map: MapReport) => number) =>
    formatCount(sum(maps, (map) => of(map) * map.wallSeconds) / wallSeconds)
  const garbage = maps.every((map) => map.garbageBytesPerStep !== null)
    ? sum(maps, (map) => (map.garbageBytesPerStep ?? 0) * map.steps) / steps
    : null
  return [
    ...formatTable([TABLE_HEAD, ...maps.map(tableRow)]).map((line) => `  ${line}`),
    '',
    row('things', `${formatCount(sum(maps, (map) => map.things))} in ${maps.length} maps`),
    row('steps', `${formatCount(steps)} in ${formatFigure(wallSeconds)} s`),
    row('steps per second', formatCount(steps / wallSeconds)),
    row('entities', `at most ${formatCount(max(maps, (map) => map.entitiesMax))}`),
    row('allocs per second', `${perSecond((map) => map.allocsPerSecond)}   ${whose(report)}`),
    row(
      'frees per second',
      perSecond((map) => map.freesPerSecond),
    ),
    row(
      'memory',
      `at most ${formatBytes(max(maps, (map) => map.liveByteLength))} live   ` +
        `${formatBytes(max(maps, (map) => map.committedByteLength))} committed   ` +
        `${formatBytes(maps[0].reservedByteLength)} reserved`,
    ),
    garbageRow(garbage, INCLUDED),
  ]
}

const TABLE_HEAD = [
  ...['map', 'things', 'lines', 'entities', 'steps/s', 'p50 ms', 'p99 ms'],
  ...['allocs/s', 'live KiB', 'checksum'],
]

function tableRow(map: MapReport): string[] {
  return [
    map.map,
    formatCount(map.things),
    formatCount(map.lines),
    formatCount(map.entities),
    formatCount(map.stepsPerSecond),
    map.stepMsP50.toFixed(3),
    map.stepMsP99.toFixed(3),
    formatCount(map.allocsPerSecond),
    formatCount(map.liveByteLength / 1024),
    formatChecksum(map.checksum),
  ]
}

const WORKER_HEAD = ['worker', 'entities', 'handed over', 'remote frees', 'steps/s', 'busy']

/** Of each worker, over all maps; `steps/s` is that of its busy time. Empty without workers. */
function workerTable(maps: readonly MapReport[]): string[] {
  const rows = maps[0].workers.map((_, index) => {
    const of = (map: MapReport) => map.workers[index]
    const busySeconds = sum(maps, (map) => of(map).busy * map.wallSeconds)
    const busy = busySeconds / sum(maps, (map) => map.wallSeconds)
    return [
      `${index + 1}`,
      formatCount(max(maps, (map) => of(map).entities)),
      formatCount(sum(maps, (map) => of(map).handedOver)),
      formatCount(sum(maps, (map) => of(map).remoteFreeCount)),
      formatCount(sum(maps, (map) => map.steps) / busySeconds),
      `${Math.round(100 * busy)} %`,
    ]
  })
  if (rows.length === 0) return []
  return ['', ...formatTable([WORKER_HEAD, ...rows]).map((line) => `  ${line}`), '']
}

const INCLUDED = 'bitECS and the engine included'

function whose({ maps, group }: RunReport): string {
  if (group) return '(cell lists; trails are the workers’)'
  return maps[0].workers.length === 0 ? '(cell lists and trails)' : '(cell lists, trails and mail)'
}
const sameEverywhere = ({ seed }: RunReport) =>
  `(seed ${seed}, the same on every engine, with any number of workers)`

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

function max<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((most, item) => Math.max(most, of(item)), 0)
}
