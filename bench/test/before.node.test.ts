// The packages of an earlier commit, and bundles over them.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Before, buildTopicBefore, takePackages } from '../driver/before.ts'
import { buildTopic, root } from '../driver/build.ts'
import { git } from '../driver/git.ts'

const topics = ['alloc', 'ecs', 'ecs-suite', 'parallel', 'sparse', 'tables']
const test = suite<{ folder: string }>('before')

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'ashlar-before-'))
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }))

/** Today's packages elsewhere, as those of a commit are. */
function copyPackages(folder: string): Before {
  const packages = resolve(folder, 'packages')
  for (const name of ['core', 'ecs-adapter']) {
    for (const part of ['src', 'package.json']) {
      const path = join(name, part)
      cpSync(resolve(root, 'packages', path), resolve(packages, path), { recursive: true })
    }
  }
  return { revision: 'copy', packages, outDir: folder }
}

/** A bundle without the lines that say which file comes next. */
const programOf = (bundle: string) => readFileSync(bundle, 'utf8').replaceAll(/^\/\/ .*\n/gm, '')

for (const topic of topics) {
  test(`${topic}: the same packages give the same program, wherever they lie`, async ({
    folder,
  }) => {
    const today = { packages: resolve(root, 'packages'), outDir: resolve(folder, 'today') }
    const bundleBefore = await buildTopicBefore(topic, copyPackages(folder))
    assert.ok(programOf(bundleBefore) === programOf(await buildTopic(topic, today)))
  })
}

test('a bundle has the packages that it is given, and none of today', async ({ folder }) => {
  const before = copyPackages(folder)
  const stub = `
    const refuse = () => { throw new Error('the other core') }
    export const [Arena, exactStats, verify] = [{ create: refuse }, refuse, refuse]
  `
  writeFileSync(resolve(before.packages, 'core/src/index.ts'), stub)
  const text = readFileSync(await buildTopicBefore('alloc', before), 'utf8')
  assert.match(text, 'the other core')
  assert.not.match(text, /^\/\/ packages\//m)
})

test('a topic that reaches into the packages by path is refused', async ({ folder }) => {
  try {
    await buildTopicBefore('workers', copyPackages(folder))
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, 'bench/workers.bench.ts does not build over copy')
    assert.match((error as Error).message, /has packages\/core\/src\/\S+, expected all of Ashlar/)
  }
})

test('packages with another API give a reason', async ({ folder }) => {
  const before = copyPackages(folder)
  writeFileSync(resolve(before.packages, 'core/src/index.ts'), 'export const Heap = {}\n')
  try {
    await buildTopicBefore('alloc', before)
    assert.unreachable()
  } catch (error) {
    const reason = 'bench/alloc.bench.ts does not build over copy: No matching export'
    assert.match((error as Error).message, reason)
  }
})

/** A repository with two commits, `packages/core/src/index.ts` being first `1`, then `2`. */
function createRepository(folder: string): string {
  const repository = resolve(folder, 'repository')
  const file = resolve(repository, 'packages/core/src/index.ts')
  mkdirSync(resolve(file, '..'), { recursive: true })
  git(repository, ['init', '--quiet'])
  for (const text of ['1', '2']) {
    writeFileSync(file, text)
    git(repository, ['add', '.'])
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@localhost']
    git(repository, [...author, 'commit', '--quiet', '--no-gpg-sign', '--message', text])
  }
  return repository
}

function reasonOf(commit: string, repository: string, folder: string): string {
  try {
    takePackages(commit, repository, folder)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error(`${commit} was found`)
}

// Where git is missing, so is the contender: the last test is all that there is.
const hasGit = spawnSync('git', ['--version']).status === 0
if (hasGit) {
  test('a commit has any name that git knows; the worktree stays as it is', ({ folder }) => {
    const repository = createRepository(folder)
    writeFileSync(resolve(repository, 'packages/core/src/index.ts'), 'edited')
    const stateOf = () => git(repository, ['status', '--porcelain=v2', '--branch'])
    const state = stateOf()
    const hash = git(repository, ['rev-parse', 'HEAD~1'])
    for (const [commit, text] of [
      ['HEAD~1', '1'],
      [hash, '1'],
      [hash.slice(0, 10), '1'],
      ['HEAD', '2'],
      [git(repository, ['branch', '--show-current']), '2'],
    ]) {
      const { packages, revision } = takePackages(commit, repository, folder)
      assert.is(readFileSync(resolve(packages, 'core/src/index.ts'), 'utf8'), text)
      assert.ok(git(repository, ['rev-parse', commit]).startsWith(revision))
    }
    assert.is(stateOf(), state)
    assert.is(readFileSync(resolve(repository, 'packages/core/src/index.ts'), 'utf8'), 'edited')
  })

  test('two commits do not share a folder', ({ folder }) => {
    const repository = createRepository(folder)
    const [first, second] = ['HEAD~1', 'HEAD'].map((one) => takePackages(one, repository, folder))
    assert.is.not(first.outDir, second.outDir)
    assert.is(readFileSync(resolve(first.packages, 'core/src/index.ts'), 'utf8'), '1')
  })

  test('what is no commit is named, with what to do', ({ folder }) => {
    const repository = createRepository(folder)
    for (const commit of ['nonsense', 'HEAD~5', '0123456789abcdef', '', '-v', 'HEAD:packages']) {
      const reason = reasonOf(commit, repository, folder)
      assert.match(reason, `no commit ${commit} here`)
      assert.match(reason, '--before')
      assert.match(reason, 'git fetch --unshallow')
    }
  })

  test('a folder that is no repository gives a reason', ({ folder }) => {
    assert.match(reasonOf('HEAD', folder, folder), 'not a git repository')
  })
}

test('without git there is a reason, and nothing else', ({ folder }) => {
  const path = process.env.PATH
  process.env.PATH = folder
  try {
    assert.match(reasonOf('HEAD', folder, folder), 'git does not run')
    assert.not.ok(existsSync(resolve(folder, 'packages')))
  } finally {
    process.env.PATH = path
  }
})

test.run()
