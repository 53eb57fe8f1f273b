// A WAD is a header, lumps of bytes, and a directory that names them. Everything is little-endian.
//
//   header     0 | 4 | 'IWAD' or 'PWAD'           directory entry   0 | 4 | byte offset of the lump
//              4 | 4 | number of lumps                              4 | 4 | byte length of the lump
//              8 | 4 | byte offset of directory                     8 | 8 | name, padded with NUL
//
// A map is an empty marker lump (E1M1, MAP01) with the map's own lumps behind it.
import { WadError } from './wad-error.ts'

export interface Lump {
  /** Upper case, without padding; bytes that are no printable ASCII are written `<hex>`. */
  readonly name: string
  readonly byteOffset: number
  readonly byteLength: number
  /** Where its directory entry starts. */
  readonly entryByteOffset: number
}

export interface Wad {
  readonly kind: 'IWAD' | 'PWAD'
  readonly view: DataView
  readonly lumps: readonly Lump[]
  /** In the order of the directory, each once. */
  readonly mapNames: readonly string[]
}

export const WAD_HEADER_BYTE_LENGTH = 12
export const WAD_ENTRY_BYTE_LENGTH = 16

const MAP_NAME = /^(E\dM\d+|MAP\d\d\d?)$/

/** More lumps than any editor writes behind a marker: 10, and BEHAVIOR, SCRIPTS, GL_*. */
const MAP_LUMPS_MAX = 18

/**
 * Reads header and directory. Lumps are not copied: `bytes` must stay while the WAD is used.
 * @throws WadError when it is not a WAD, or when header or directory point outside of `bytes`.
 */
export function readWad(bytes: Uint8Array): Wad {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.byteLength < WAD_HEADER_BYTE_LENGTH) {
    const got = `${view.byteLength} bytes, expected at least ${WAD_HEADER_BYTE_LENGTH}`
    throw new WadError('header', view.byteLength, `not a WAD: the file has ${got}`)
  }
  const kind = readName(view, 0, 4)
  if (kind !== 'IWAD' && kind !== 'PWAD') {
    throw new WadError('header', 0, `not a WAD: starts with '${kind}', expected 'IWAD' or 'PWAD'`)
  }
  const lumps = readDirectory(view)
  const maps = lumps.filter((lump) => MAP_NAME.test(lump.name)).map((lump) => lump.name)
  return { kind, view, lumps, mapNames: [...new Set(maps)] }
}

function readDirectory(view: DataView): Lump[] {
  const lumpCount = view.getInt32(4, true)
  const byteOffset = view.getInt32(8, true)
  if (lumpCount < 0) {
    throw new WadError('header', 4, `${lumpCount} lumps, expected 0 or more; the file is corrupt`)
  }
  const endByteOffset = byteOffset + lumpCount * WAD_ENTRY_BYTE_LENGTH
  if (byteOffset < 0 || endByteOffset > view.byteLength) {
    const range = `bytes ${byteOffset} to ${endByteOffset} (${lumpCount} lumps)`
    throw new WadError('header', 8, outsideOfFile(view, 'directory', range))
  }
  const lumps: Lump[] = []
  for (let index = 0; index < lumpCount; index++) {
    lumps.push(readEntry(view, byteOffset + index * WAD_ENTRY_BYTE_LENGTH))
  }
  return lumps
}

function readEntry(view: DataView, entryByteOffset: number): Lump {
  const byteOffset = view.getInt32(entryByteOffset, true)
  const byteLength = view.getInt32(entryByteOffset + 4, true)
  const name = readName(view, entryByteOffset + 8, 8).toUpperCase()
  if (byteLength < 0) {
    const problem = `a length of ${byteLength} bytes, expected 0 or more; the file is corrupt`
    throw new WadError(`directory entry of ${name}`, entryByteOffset + 4, problem)
  }
  // Empty lumps are markers; some editors write nonsense for their offset, and nobody follows it.
  if (byteLength > 0 && (byteOffset < 0 || byteOffset + byteLength > view.byteLength)) {
    const range = `bytes ${byteOffset} to ${byteOffset + byteLength}`
    const problem = outsideOfFile(view, 'lump', range)
    throw new WadError(`directory entry of ${name}`, entryByteOffset, problem)
  }
  return { name, byteOffset, byteLength, entryByteOffset }
}

function outsideOfFile(view: DataView, what: string, range: string): string {
  const file = `the file's ${view.byteLength} bytes`
  return `the ${what} is said to be at ${range}, outside of ${file}; it is truncated or corrupt`
}

function readName(view: DataView, byteOffset: number, byteLength: number): string {
  let name = ''
  for (let i = 0; i < byteLength; i++) {
    const code = view.getUint8(byteOffset + i)
    if (code === 0) break
    const isPrintable = code > 0x20 && code < 0x7f
    name += isPrintable ? String.fromCharCode(code) : `<${code.toString(16).padStart(2, '0')}>`
  }
  return name
}

/** The lumps of one map by name, and where the directory has its marker. */
export interface MapLumps {
  readonly mapName: string
  readonly markerByteOffset: number
  readonly byName: ReadonlyMap<string, Lump>
}

/**
 * Finds the lumps of a map. Where a name occurs twice the later one counts, as in the game.
 * @throws WadError when there is no such map (it lists those there are) or its format is another.
 */
export function findMapLumps(wad: Wad, mapName: string): MapLumps {
  const wanted = mapName.toUpperCase()
  const markerIndex = wad.lumps.findLastIndex((lump) => lump.name === wanted)
  if (markerIndex < 0 || !wad.mapNames.includes(wanted)) {
    const there = wad.mapNames.length > 0 ? `has ${wad.mapNames.join(' ')}` : 'has no maps at all'
    throw new WadError(
      'directory',
      wad.view.getInt32(8, true),
      `no map '${mapName}'; this WAD ${there}`,
    )
  }
  const byName = new Map<string, Lump>()
  for (const lump of wad.lumps.slice(markerIndex + 1, markerIndex + 1 + MAP_LUMPS_MAX)) {
    if (MAP_NAME.test(lump.name)) break
    if (!byName.has(lump.name)) byName.set(lump.name, lump)
  }
  const markerByteOffset = wad.lumps[markerIndex].entryByteOffset
  for (const [name, format] of [
    ['TEXTMAP', 'the UDMF text format'],
    ['BEHAVIOR', "Hexen's format"],
  ] as const) {
    if (!byName.has(name)) continue
    const problem = `the map is in ${format}; only maps in the format of Doom can be read`
    throw new WadError(`${wanted} ${name}`, byName.get(name)!.byteOffset, problem)
  }
  return { mapName: wanted, markerByteOffset, byName }
}
