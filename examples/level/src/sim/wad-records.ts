// A map lump is an array of fixed-size records; this reads fields, with errors that say where.
import type { MapLumps, Wad } from './wad.ts'
import { WadError } from './wad-error.ts'

export class Records {
  readonly lump: string
  readonly byteOffset: number
  readonly byteLength: number
  readonly count: number
  readonly recordByteLength: number
  readonly #view: DataView

  /** @throws WadError when the map lacks the lump, or holds a broken last record. */
  constructor(wad: Wad, map: MapLumps, name: string, recordByteLength: number) {
    const lump = map.byName.get(name)
    this.lump = `${map.mapName} ${name}`
    if (lump === undefined) {
      const problem = `the map has no ${name} lump; expected one after its marker in the directory`
      throw new WadError(this.lump, map.markerByteOffset, problem)
    }
    const { byteOffset, byteLength } = lump
    this.byteOffset = byteOffset
    this.byteLength = byteLength
    this.recordByteLength = recordByteLength
    this.count = Math.floor(byteLength / recordByteLength)
    this.#view = wad.view
    const rest = byteLength % recordByteLength
    if (rest !== 0) {
      const got = `${byteLength} bytes, expected a multiple of the record's ${recordByteLength}`
      throw new WadError(this.lump, byteOffset + byteLength - rest, `${got}; the lump is truncated`)
    }
  }

  i16(index: number, fieldByteOffset: number): number {
    return this.#view.getInt16(this.#at(index, fieldByteOffset), true)
  }

  u16(index: number, fieldByteOffset: number): number {
    return this.#view.getUint16(this.#at(index, fieldByteOffset), true)
  }

  /** A u16 that is an index into another lump's records; `count` of them exist. */
  index(index: number, fieldByteOffset: number, of: string, count: number): number {
    const value = this.u16(index, fieldByteOffset)
    if (value >= count) this.fail(index, fieldByteOffset, `${of} ${value}`, rangeOf(count))
    return value
  }

  /** Throws the error for one field of one record. */
  fail(index: number, fieldByteOffset: number, got: string, expected: string): never {
    const problem = `record ${index} names ${got}, expected ${expected}; the lump is corrupt`
    throw new WadError(this.lump, this.#at(index, fieldByteOffset), problem)
  }

  #at(index: number, fieldByteOffset: number): number {
    return this.byteOffset + index * this.recordByteLength + fieldByteOffset
  }
}

function rangeOf(count: number): string {
  return count === 0 ? 'none, for there are none' : `0 to ${count - 1}`
}
