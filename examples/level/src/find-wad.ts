// Where the level comes from: the user's file, Freedoom, or the built-in one.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createTinyWad, readWad, type Wad } from './sim/index.ts'

export interface FoundWad {
  readonly wad: Wad
  /** The file; undefined for the built-in level. */
  readonly file?: string
  /** What the user should know about the choice. */
  readonly note?: string
}

export interface Wish {
  readonly wad?: string
  readonly tiny: boolean
  readonly map?: string
}

/** A fault with the file that it was found in. */
export class WadFileError extends Error {
  constructor(file: string | undefined, cause: unknown) {
    super(`${file ?? 'the built-in level'}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
    this.name = 'WadFileError'
  }
}

const FREEDOOM_FILES = ['freedoom1.wad', 'freedoom2.wad']

/** The folders in which Doom's ports look for WADs, the user's own first. */
export function wadFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const { DOOMWADDIR, DOOMWADPATH, XDG_DATA_HOME } = env
  const ofUser = [DOOMWADDIR ?? '', ...(DOOMWADPATH ?? '').split(delimiter)]
  return [
    ...ofUser.filter((path) => path !== ''),
    join(XDG_DATA_HOME || join(homedir(), '.local/share'), 'games/doom'),
    '/usr/local/share/games/doom',
    '/usr/share/games/doom',
    '/usr/local/share/doom',
    '/usr/share/doom',
  ]
}

/**
 * Opens the WAD that is wished for. Of Freedoom's two files it takes the first that has the map.
 * @throws WadFileError for a file that cannot be read, or is no sound WAD
 */
export function findWad(wish: Wish, folders: readonly string[] = wadFolders()): FoundWad {
  if (wish.tiny) return { wad: readWad(createTinyWad()) }
  if (wish.wad !== undefined) return openWad(wish.wad)
  const files = folders
    .flatMap((folder) => FREEDOOM_FILES.map((file) => join(folder, file)))
    .filter((file) => existsSync(file))
  if (files.length === 0) return { wad: readWad(createTinyWad()), note: notFound(folders) }
  const first = openWad(files[0])
  const wanted = wish.map?.toUpperCase()
  if (wanted === undefined || wanted === 'ALL' || first.wad.mapNames.includes(wanted)) return first
  const others = files.slice(1).map((file) => openWad(file))
  return others.find(({ wad }) => wad.mapNames.includes(wanted)) ?? first
}

function openWad(file: string): FoundWad {
  try {
    return { wad: readWad(readFileSync(file)), file }
  } catch (error) {
    throw new WadFileError(file, error)
  }
}

function notFound(folders: readonly string[]): string {
  return [
    'Freedoom was not found, so this is the small level that comes with the example.',
    'For a real one: apt-get install freedoom, or --wad FILE. Looked in:',
    ...folders.map((folder) => `  ${folder}`),
  ].join('\n')
}
