// `ashlar, before`: the same loops over the packages of an earlier commit. They have bundles of
// their own, so that each process still has one core in it, and its calls stay monomorphic.
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BuildFailure } from 'esbuild'
import { type BundleFolders, buildTopic, outDir, root } from './build.ts'
import { git } from './git.ts'

/** The last commit of layout version 1: a block's header says whether the block is live. */
export const defaultCommit = '85a8b6079f35'

/** The packages of a commit, and a folder for the bundles over them. */
export interface Before extends BundleFolders {
  /** The commit, abbreviated. */
  readonly revision: string
}

/**
 * Takes the packages of a commit out of git, into a folder below `parent`.
 *
 * @throws Error that says why they cannot be had
 */
export function takePackages(commit: string, repository = root, parent = outDir): Before {
  const hash = hashOf(commit, repository)
  // A folder for each commit: if another run goes on meanwhile, it keeps its bundles.
  const folder = resolve(parent, `before-${hash}`)
  const packages = resolve(folder, 'packages')
  mkdirSync(folder, { recursive: true })
  // An index of its own leaves the index of the repository as it is.
  const index = { GIT_INDEX_FILE: resolve(folder, 'index') }
  git(repository, ['read-tree', `${hash}:./packages`], index)
  git(repository, ['checkout-index', '--all', '--force', `--prefix=${packages}/`], index)
  const revision = git(repository, ['rev-parse', '--short', hash])
  return { revision, packages, outDir: folder }
}

function hashOf(commit: string, repository: string): string {
  try {
    return git(repository, ['rev-parse', '--verify', `${commit}^{commit}`])
  } catch (error) {
    const advice = 'name another one with --before, or fetch it (git fetch --unshallow)'
    throw new Error(`no commit ${commit} here: ${(error as Error).message}; ${advice}`)
  }
}

/** Bundles a topic over the packages of a commit. @throws Error that says why it does not build */
export async function buildTopicBefore(topic: string, before: Before): Promise<string> {
  try {
    return await buildTopic(topic, before, 'silent')
  } catch (error) {
    const [{ text }] = (error as BuildFailure).errors ?? [{ text: (error as Error).message }]
    throw new Error(`bench/${topic}.bench.ts does not build over ${before.revision}: ${text}`)
  }
}
