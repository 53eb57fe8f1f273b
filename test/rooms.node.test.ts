// The rooms of a package are the folders of its sources. Its README draws them, in the fence marked
// `rooms`: a line for each, the highest first: its name, what it is for, the files that other rooms
// may import (* is all).
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = process.env.ASHLAR_ROOT ?? '.'
const test = suite('rooms')

interface Room {
  /** Higher rooms import from lower ones. */
  readonly rank: number
  readonly fronts: readonly string[]
}

const LINE_COUNT_MAX = 300
const COLUMN_COUNT_MAX = 100
const NOT_WRITTEN = /^(node_modules|dist|out|\..*)$/
/** Its files quote lines of sources, which nothing can break. */
const QUOTES_OF_SOURCES = '/interleaving/mutants/'
/** Functions above Biome's limit say why, where they stand. */
const EXCEPTION = 'biome-ignore lint/complexity/noExcessiveLinesPerFunction: '
const EXCEPTION_COUNT_MAX = 5

/** Folders of tests that are no rooms, and why. */
const OTHER_TEST_FOLDERS: Readonly<Record<string, string>> = {
  interleaving: 'the checker runs steps of several rooms against each other',
  support: 'what tests of all rooms share',
  workers: 'tests that start threads, bundled apart',
}

function readRooms(readme: string): Map<string, Room> {
  const fence = readme.match(/```rooms\n([\s\S]*?)```/)?.[1]
  if (fence === undefined) throw new Error('there is no fence marked rooms')
  const lines = fence.trim().split('\n')
  return new Map(
    lines.map((line, i) => {
      const [name, , fronts] = line.split(/\s{2,}/)
      return [name, { rank: lines.length - i, fronts: fronts.split(' ') }]
    }),
  )
}

/** The files that a source imports, type imports included. */
function importsOf(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
  return specifiers.map(([, specifier]) => resolve(dirname(file), specifier))
}

/** What breaks the order in a package, given the text of each of its files. */
function violations(src: string, rooms: Map<string, Room>, texts: Map<string, string>): string[] {
  const found: string[] = []
  for (const [file, text] of texts) {
    const [from, name] = [roomOf(src, file), relative(src, file)]
    const room = rooms.get(from)
    if (room === undefined) found.push(`${name} is in no room`)
    for (const target of importsOf(file, text)) {
      const to = roomOf(src, target)
      if (to === from || room === undefined) continue
      const { rank, fronts } = rooms.get(to) ?? { rank: 99, fronts: [] }
      const imported = relative(resolve(src, to), target).replace(/\.ts$/, '')
      if (rank >= room.rank) found.push(`${name} imports from ${to}, which is no lower room`)
      else if (!fronts.includes('*') && !fronts.includes(imported)) {
        found.push(`${name} imports ${to}/${imported}, which is no front`)
      }
    }
  }
  return [...found, ...cycles(src, texts)]
}

const roomOf = (src: string, file: string) => relative(src, file).split('/')[0].replace(/\.ts$/, '')

/** Files that import each other, directly or not. */
function cycles(src: string, texts: Map<string, string>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file))
      found.push([...path, file].map((one) => relative(src, one)).join(' > '))
    if (done.has(file) || path.includes(file)) return
    for (const target of importsOf(file, texts.get(file) ?? '')) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of texts.keys()) visit(file, [])
  return found
}

function textsOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => resolve(folder, file))
  return new Map(sources.map((file) => [file, readFileSync(file, 'utf8')]))
}

/** What is written by hand, in packages, examples, benchmarks, tests and scripts. */
function sourcesBelow(folder: string): string[] {
  return readdirSync(resolve(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return NOT_WRITTEN.test(entry.name) ? [] : sourcesBelow(path)
    return /\.(ts|mjs)$/.test(entry.name) ? [path] : []
  })
}

for (const name of ['core', 'ecs-adapter']) {
  const folder = resolve(root, 'packages', name)
  const src = resolve(folder, 'src')
  const rooms = readRooms(readFileSync(resolve(folder, 'README.md'), 'utf8'))
  const texts = textsOf(src)

  test(`${name}: rooms import from lower ones, by their fronts, and files not in circles`, () => {
    assert.equal(violations(src, rooms, texts), [])
  })

  test(`${name}: every room that is drawn exists, and its fronts are used`, () => {
    const used = new Set<string>()
    for (const [file, text] of texts) {
      for (const target of importsOf(file, text)) {
        if (roomOf(src, target) !== roomOf(src, file)) used.add(relative(src, target))
      }
    }
    const drawn = [...rooms].flatMap(([room, { fronts }]) =>
      fronts.filter((front) => front !== '*').map((front) => `${room}/${front}.ts`),
    )
    assert.equal(
      drawn.filter((front) => !used.has(front)),
      [],
    )
    const existing = new Set([...texts.keys()].map((file) => roomOf(src, file)))
    assert.equal(
      [...rooms.keys()].filter((room) => !existing.has(room)),
      [],
    )
  })

  test(`${name}: tests lie in folders of the rooms' names`, () => {
    const tests = resolve(folder, 'test')
    const folders = readdirSync(tests, { withFileTypes: true }).filter((one) => one.isDirectory())
    const strange = folders.filter((one) => !rooms.has(one.name) && !OTHER_TEST_FOLDERS[one.name])
    assert.equal(
      strange.map((one) => one.name),
      [],
    )
  })

  test(`${name}: tests that are bundled with workers run in the main thread only`, () => {
    for (const [file, text] of textsOf(resolve(folder, 'test'))) {
      if (file.includes('/test/workers/')) assert.not.match(text, /^test\.run\(\)/m, file)
    }
  })

  test(`${name}: files are at most ${LINE_COUNT_MAX} lines`, () => {
    const long = [...texts].filter(([, text]) => text.split('\n').length > LINE_COUNT_MAX + 1)
    assert.equal(
      long.map(([file]) => file),
      [],
    )
  })
}

test(`lines have at most ${COLUMN_COUNT_MAX} columns`, () => {
  const files = sourcesBelow('.').filter((file) => !file.includes(QUOTES_OF_SOURCES))
  const wide = files.flatMap((file) =>
    readFileSync(resolve(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => ([...line].length > COLUMN_COUNT_MAX ? [`${file}:${i + 1}`] : [])),
  )
  assert.equal(wide, [])
})

test(`at most ${EXCEPTION_COUNT_MAX} functions exceed Biome's limit, each for a reason`, () => {
  const reasons = ['core', 'ecs-adapter'].flatMap((name) => {
    const texts = textsOf(resolve(root, 'packages', name, 'src')).values()
    return [...texts].flatMap((text) => text.split(EXCEPTION).slice(1))
  })
  assert.ok(reasons.length <= EXCEPTION_COUNT_MAX, `${reasons.length} exceptions`)
  for (const reason of reasons) assert.match(reason, /^\S+ \S+/)
})

test('imports upwards, past a front and in circles are found', () => {
  const rooms = readRooms('```rooms\nhigh  what it is for  *\nlow  what that is for  front\n```')
  const found = violations(
    '/src',
    rooms,
    new Map([
      ['/src/low/front.ts', "import type { A } from '../high/a.ts'"],
      ['/src/low/back.ts', "import { b } from './loop.ts'"],
      ['/src/low/loop.ts', "import { b } from './back.ts'"],
      ['/src/high/a.ts', "import { c } from '../low/back.ts'\nconst d = import('../other/d.ts')"],
      ['/src/astray.ts', ''],
    ]),
  )
  assert.is(found.length, 5, found.join('\n'))
})

test.run()
