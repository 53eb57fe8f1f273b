import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findWad, WadFileError, wadFolders } from '../src/find-wad.ts'
import { createTinyWad } from '../src/sim/tiny-wad.ts'
import { writeWad } from '../src/sim/wad-writer.ts'

const test = suite('level: find-wad')
const root = mkdtempSync(join(tmpdir(), 'level-'))
test.after(() => rmSync(root, { recursive: true }))

function folderWith(name: string, files: Record<string, Uint8Array | string>): string {
  const folder = join(root, name)
  mkdirSync(folder)
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content)
  return folder
}

const wadOf = (...maps: string[]) =>
  writeWad(
    'IWAD',
    maps.map((name) => ({ name, bytes: new Uint8Array(0) })),
  )

const wish = { tiny: false }

test('looks in the folders of the environment first', () => {
  const env = { DOOMWADDIR: '/a', DOOMWADPATH: ['/b', '', '/c'].join(delimiter) }
  const folders = wadFolders(env)
  assert.equal(folders.slice(0, 3), ['/a', '/b', '/c'])
  assert.ok(folders.includes('/usr/share/games/doom'))
  assert.ok(folders.includes('/usr/local/share/games/doom'))
  assert.ok(wadFolders({ XDG_DATA_HOME: '/x' }).includes(join('/x', 'games/doom')))
  assert.not.ok(wadFolders({}).includes(''))
})

test('without Freedoom: the built-in level, and a plain word about it', () => {
  const found = findWad(wish, [join(root, 'nowhere'), root])
  assert.is(found.file, undefined)
  assert.equal(found.wad.mapNames, ['E1M1'])
  assert.match(found.note ?? '', /Freedoom was not found/)
  assert.match(found.note ?? '', /apt-get install freedoom/)
  assert.ok(found.note?.includes(join(root, 'nowhere')), 'says where it looked')
})

test('the built-in level when it is asked for, without a word', () => {
  const found = findWad({ tiny: true }, [])
  assert.equal(found.wad.mapNames, ['E1M1'])
  assert.is(found.note, undefined)
})

test('of two files, the first that has the map', () => {
  const files = { 'freedoom1.wad': wadOf('E1M1', 'E1M2'), 'freedoom2.wad': wadOf('MAP01') }
  const folder = folderWith('both', files)
  const fileFor = (map?: string) => findWad({ ...wish, ...(map && { map }) }, [folder]).file
  assert.is(fileFor(), join(folder, 'freedoom1.wad'))
  assert.is(fileFor('all'), join(folder, 'freedoom1.wad'))
  assert.is(fileFor('e1m2'), join(folder, 'freedoom1.wad'))
  assert.is(fileFor('map01'), join(folder, 'freedoom2.wad'))
  assert.is(fileFor('E9M9'), join(folder, 'freedoom1.wad'), 'which then has no such map')
})

test('only the second file', () => {
  const folder = folderWith('second', { 'freedoom2.wad': wadOf('MAP01') })
  assert.is(findWad(wish, [root, folder]).file, join(folder, 'freedoom2.wad'))
})

test("the user's own file", () => {
  const folder = folderWith('own', { 'my.wad': createTinyWad() })
  const found = findWad({ ...wish, wad: join(folder, 'my.wad') }, [])
  assert.is(found.file, join(folder, 'my.wad'))
  assert.is(found.note, undefined)
})

test('a file that is missing, a folder, empty or no WAD: an error that names it', () => {
  const folder = folderWith('bad', { 'empty.wad': '', 'text.wad': 'not a wad at all' })
  const cases = [
    ['none.wad', /none\.wad: ENOENT/],
    ['', /: EISDIR/],
    ['empty.wad', /empty\.wad: header at byte 0: not a WAD/],
    ['text.wad', /text\.wad: header at byte 0: not a WAD: starts with 'not<20>'/],
  ] as const
  for (const [file, message] of cases) {
    const open = () => findWad({ ...wish, wad: join(folder, file) }, [])
    const isExpected = (error: unknown) =>
      error instanceof WadFileError && message.test(error.message)
    assert.throws(open, isExpected, file)
  }
})

test.run()
