// docs/errors.md has a part for each code of an error, and for nothing else.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const read = (file: string) => readFileSync(resolve(root, file), 'utf8')
const test = suite('docs-errors')

/** The members of a union of string literals, sorted. */
function codesOf(file: string, type: string): string[] {
  const union = read(file).match(new RegExp(`export type ${type} =((?:\\s*\\|\\s*'[^']+')+)`))
  return Array.from(union?.[1].matchAll(/'([^']+)'/g) ?? [], ([, code]) => code).sort()
}

/** The headings of level 3 in the part of the page that has one of these headings of level 2. */
function headingsIn(parts: readonly string[]): string[] {
  const page = read('docs/errors.md').split(/^## /m)
  const chosen = page.filter((part) => parts.includes(part.slice(0, part.indexOf('\n'))))
  return chosen.flatMap((part) => Array.from(part.matchAll(/^### `(.+)`$/gm), ([, code]) => code))
}

const cases = [
  { type: 'ArenaErrorCode', package: 'core', parts: ['ArenaError'] },
  {
    type: 'StorageErrorCode',
    package: 'ecs-adapter',
    parts: ['StorageError', 'RunError', 'CommandsError'],
  },
]
for (const { type, package: name, parts } of cases) {
  test(`each ${type} is on the page`, () => {
    const codes = codesOf(`packages/${name}/src/base/errors.ts`, type)
    assert.ok(codes.length > 10, `${codes.length} codes`)
    assert.equal(headingsIn(parts).sort(), codes)
  })
}

test('each part says when, what has changed, and what to do', () => {
  const [, ...parts] = read('docs/errors.md').split(/^### `/m)
  for (const part of parts) {
    const labels = Array.from(part.matchAll(/^- \*\*(\w+)\*\*: /gm), ([, label]) => label)
    assert.equal(labels, ['When', 'Then', 'Do'], part.slice(0, part.indexOf('\n')))
  }
})

test.run()
