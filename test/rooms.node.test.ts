// The order of rooms: a file imports only from rooms of a lower rank, type imports included.
// The ranks stand in each package's README, in the fence marked `rooms`. A folder is one room.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = process.env.ASHLAR_ROOT ?? '.'
const test = suite('rooms')

function ranksOf(packageFolder: string): Map<string, number> {
  const readme = readFileSync(resolve(packageFolder, 'README.md'), 'utf8')
  const fence = readme.match(/```rooms\n([\s\S]*?)```/)?.[1]
  if (fence === undefined) throw new Error(`${packageFolder}/README.md has no fence marked rooms`)
  const ranks = new Map<string, number>()
  for (const line of fence.trim().split('\n')) {
    const [rank, names] = line.split(/\s{2,}/)
    for (const name of names.split(' ')) ranks.set(name, Number(rank))
  }
  return ranks
}

/** Every `from '...'` and `import('...')` of a source. */
const importsOf = (source: string) =>
  [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1])

const roomOf = (src: string, file: string) => relative(src, file).split('/')[0].replace(/\.ts$/, '')

/** What breaks the order in a package, given the text of each of its files. */
function violations(src: string, ranks: Map<string, number>, texts: Map<string, string>): string[] {
  const found: string[] = []
  for (const [file, text] of texts) {
    const room = roomOf(src, file)
    const rank = ranks.get(room)
    if (rank === undefined) found.push(`${room} has no rank`)
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith('.')) continue
      const target = roomOf(src, resolve(dirname(file), specifier))
      const targetRank = ranks.get(target)
      if (target === room) continue
      if (targetRank === undefined || rank === undefined || targetRank >= rank) {
        found.push(`${room} (${rank}) imports ${target} (${targetRank})`)
      }
    }
  }
  return found
}

function textsOf(src: string): Map<string, string> {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => resolve(src, file))
  return new Map(sources.map((file) => [file, readFileSync(file, 'utf8')]))
}

for (const name of ['core', 'ecs-adapter']) {
  const folder = resolve(root, 'packages', name)
  const src = resolve(folder, 'src')

  test(`${name}: files import from lower ranks only`, () => {
    assert.equal(violations(src, ranksOf(folder), textsOf(src)), [])
  })

  test(`${name}: every rank is of a room that exists`, () => {
    const rooms = new Set([...textsOf(src).keys()].map((file) => roomOf(src, file)))
    assert.equal(
      [...ranksOf(folder).keys()].filter((room) => !rooms.has(room)),
      [],
    )
  })

  test(`${name}: files are at most 300 lines`, () => {
    const long = [...textsOf(src)].filter(([, text]) => text.split('\n').length > 301)
    assert.equal(
      long.map(([file]) => file),
      [],
    )
  })
}

test('an upward import, a sideways one and a type import are found', () => {
  const ranks = new Map([
    ['low', 0],
    ['side', 0],
    ['high', 1],
  ])
  const found = violations(
    '/src',
    ranks,
    new Map([
      ['/src/low.ts', "import type { A } from './high.ts'\nexport { b } from './side.ts'"],
      ['/src/high.ts', "import { c } from './low.ts'\nconst d = import('./unknown.ts')"],
    ]),
  )
  assert.is(found.length, 3)
})

test.run()
