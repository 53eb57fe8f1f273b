import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTinyWad } from '../src/sim/tiny-wad.ts'
import { findMapLumps, readWad } from '../src/sim/wad.ts'
import { WadError } from '../src/sim/wad-error.ts'
import { type LumpBytes, writeWad } from '../src/sim/wad-writer.ts'
import { assertWadError } from './support/assert-wad-error.ts'

const test = suite('level: wad')
const lump = (name: string, ...bytes: number[]): LumpBytes => ({
  name,
  bytes: Uint8Array.from(bytes),
})

test('reads what the writer wrote', () => {
  const lumps = [lump('PLAYPAL', 1, 2, 3), lump('MAP01'), lump('THINGS', 4), lump('END')]
  for (const kind of ['IWAD', 'PWAD'] as const) {
    const wad = readWad(writeWad(kind, lumps))
    assert.is(wad.kind, kind)
    assert.equal(
      wad.lumps.map(({ name, byteOffset, byteLength }) => [name, byteOffset, byteLength]),
      [
        ['PLAYPAL', 12, 3],
        ['MAP01', 15, 0],
        ['THINGS', 15, 1],
        ['END', 16, 0],
      ],
    )
    assert.equal(wad.mapNames, ['MAP01'])
  }
})

test('a WAD without lumps has no maps', () => {
  const wad = readWad(writeWad('PWAD', []))
  assert.equal(wad.mapNames, [])
  assertWadError(() => findMapLumps(wad, 'E1M1'), 'directory', 12, /no map 'E1M1'.*no maps at all/)
})

test('bytes that are a part of a larger buffer', () => {
  const bytes = createTinyWad()
  const larger = new Uint8Array(bytes.length + 9)
  larger.set(bytes, 5)
  assert.equal(readWad(larger.subarray(5, 5 + bytes.length)).mapNames, ['E1M1'])
})

test('knows the names of maps', () => {
  const names = ['E1M1', 'E4M9', 'E1M10', 'MAP01', 'MAP32', 'MAP100', 'e2m1']
  const others = ['E1M', 'EXM1', 'MAP1', 'MAPINFO', 'D_E1M1', 'E1M1X']
  const wad = readWad(
    writeWad(
      'PWAD',
      [...names, ...others].map((name) => lump(name)),
    ),
  )
  assert.equal(wad.mapNames, ['E1M1', 'E4M9', 'E1M10', 'MAP01', 'MAP32', 'MAP100', 'E2M1'])
})

test('no such map: lists those there are', () => {
  const wad = readWad(writeWad('PWAD', [lump('E1M1'), lump('E1M2'), lump('NOMAP')]))
  assertWadError(() => findMapLumps(wad, 'E9M9'), 'directory', 12, /no map 'E9M9'.* E1M1 E1M2$/)
  assertWadError(() => findMapLumps(wad, 'NOMAP'), 'directory', 12, /no map 'NOMAP'/)
})

test('finds a map in any case, the last one of its name, and stops at the next', () => {
  const lumps = [lump('E1M1'), lump('THINGS', 1), lump('E1M2'), lump('E1M1'), lump('SECTORS', 2)]
  const wad = readWad(writeWad('PWAD', lumps))
  assert.equal(wad.mapNames, ['E1M1', 'E1M2'])
  const map = findMapLumps(wad, 'e1m1')
  assert.is(map.mapName, 'E1M1')
  assert.equal([...map.byName.keys()], ['SECTORS'])
  assert.equal([...findMapLumps(wad, 'E1M2').byName.keys()], [])
})

test('formats that are not that of Doom are named', () => {
  const udmf = readWad(writeWad('PWAD', [lump('MAP01'), lump('TEXTMAP', 1), lump('ENDMAP')]))
  assertWadError(() => findMapLumps(udmf, 'MAP01'), 'MAP01 TEXTMAP', 12, /UDMF/)
  const hexen = readWad(writeWad('PWAD', [lump('MAP01'), lump('THINGS', 1), lump('BEHAVIOR', 1)]))
  assertWadError(() => findMapLumps(hexen, 'MAP01'), 'MAP01 BEHAVIOR', 13, /Hexen/)
})

test('not a WAD', () => {
  assertWadError(() => readWad(new Uint8Array(0)), 'header', 0, /0 bytes, expected at least 12/)
  assertWadError(() => readWad(new Uint8Array(11)), 'header', 11, /11 bytes/)
  assertWadError(() => readWad(new Uint8Array(12)), 'header', 0, /starts with '', expected 'IWAD'/)
  const zip = writeWad('PWAD', [])
  zip.set([0x50, 0x4b, 3, 4])
  assertWadError(() => readWad(zip), 'header', 0, /starts with 'PK<03><04>'/)
})

test('hostile header', () => {
  const bytes = writeWad('PWAD', [lump('A', 1), lump('B', 2)])
  const withHeader = (lumpCount: number, directoryByteOffset: number) => {
    const copy = bytes.slice()
    const view = new DataView(copy.buffer)
    view.setInt32(4, lumpCount, true)
    view.setInt32(8, directoryByteOffset, true)
    return () => readWad(copy)
  }
  assert.is(withHeader(2, 14)().lumps.length, 2)
  assertWadError(withHeader(-1, 14), 'header', 4, /-1 lumps/)
  assertWadError(withHeader(3, 14), 'header', 8, /bytes 14 to 62 \(3 lumps\).*the file's 46 bytes/)
  assertWadError(withHeader(2, -1), 'header', 8, /bytes -1 to 31/)
  assertWadError(withHeader(2, 15), 'header', 8, /truncated or corrupt/)
  assertWadError(withHeader(0x7fffffff, 14), 'header', 8, /2147483647 lumps/)
  assertWadError(withHeader(0, 0x7fffffff), 'header', 8, /outside/)
})

test('hostile directory', () => {
  const bytes = writeWad('PWAD', [lump('A', 1), lump('BAD\x01', 2)])
  const withEntry = (byteOffset: number, byteLength: number) => {
    const copy = bytes.slice()
    new DataView(copy.buffer).setInt32(30, byteOffset, true)
    new DataView(copy.buffer).setInt32(34, byteLength, true)
    return () => readWad(copy)
  }
  const entry = 'directory entry of BAD<01>'
  assertWadError(withEntry(13, -1), entry, 34, /length of -1 bytes/)
  assertWadError(withEntry(-1, 1), entry, 30, /bytes -1 to 0, outside/)
  assertWadError(withEntry(46, 1), entry, 30, /bytes 46 to 47, outside of the file's 46 bytes/)
  assertWadError(withEntry(0x7fffffff, 0x7fffffff), entry, 30, /4294967294/)
  assert.is(withEntry(45, 1)().lumps[1].byteLength, 1)
  assert.is(withEntry(-77, 0)().lumps[1].byteLength, 0, 'nobody follows an empty lump')
})

test('every truncation of a WAD is noticed', () => {
  const bytes = createTinyWad()
  for (let byteLength = 0; byteLength < bytes.length; byteLength++) {
    try {
      readWad(bytes.subarray(0, byteLength))
    } catch (error) {
      if (error instanceof WadError) continue
      throw error
    }
    assert.unreachable(`the first ${byteLength} of ${bytes.length} bytes were taken for a WAD`)
  }
})

test.run()
