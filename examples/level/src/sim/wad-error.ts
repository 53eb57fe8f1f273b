/**
 * What every fault of an input file is reported as: truncated, corrupt, or not what was asked for.
 * `lump` names the part of the file ('header' and 'directory' included), `byteOffset` counts from
 * the start of the file, so that a hex editor goes straight to the fault.
 */
export class WadError extends Error {
  readonly lump: string
  readonly byteOffset: number

  constructor(lump: string, byteOffset: number, problem: string) {
    super(`${lump} at byte ${byteOffset}: ${problem}`)
    this.name = 'WadError'
    this.lump = lump
    this.byteOffset = byteOffset
  }
}
