// The snippets of the docs run, and what they say comes out does: `expression // → value`.
// The `ts` fences of a file are one program; one marked `ts no-run` is left out.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const test = suite('docs')

const folders = ['.', 'docs', 'packages/core', 'packages/ecs-adapter', 'examples/level']
const pages = folders.flatMap((folder) =>
  readdirSync(resolve(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => resolve(root, folder, name)),
)

const fencesOf = (page: string) =>
  [...readFileSync(page, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1])

/** Turns `const a = b // → c` and `b // → c` into the statement and a comparison. */
function compared(line: string): string {
  const match = line.match(/^(?:(?:const|let) (\w+) = )?(.+?)\s*\/\/ → (.+)$/)
  if (match === null) return line
  const [, name, expression, expected] = match
  const given = name ?? `(${expression})`
  const statement = name === undefined ? '' : `const ${name} = ${expression};`
  const failure = `${JSON.stringify(`${expression} → ${expected}, but gives `)} + ${given}`
  return `${statement} if (String(${given}) !== ${JSON.stringify(expected)}) throw Error(${failure})`
}

let count = 0
for (const page of pages) {
  const program = fencesOf(page).join('\n')
  if (program === '') continue
  count++
  test(relative(root, page), () => {
    const folder = resolve(root, `out/docs-${process.pid}`)
    mkdirSync(folder, { recursive: true })
    const source = resolve(folder, 'page.ts')
    const bundle = resolve(folder, 'page.mjs')
    writeFileSync(source, program.split('\n').map(compared).join('\n'))
    buildSync({
      entryPoints: [source],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      tsconfig: resolve(root, 'tsconfig.json'),
      nodePaths: [resolve(root, 'packages/ecs-adapter/node_modules')], // bitecs
    })
    execFileSync(process.execPath, [bundle], { stdio: 'pipe' })
    rmSync(folder, { recursive: true })
  })
}

test('there are pages with snippets', () => assert.ok(count >= 3, `${count} pages`))

test.run()
