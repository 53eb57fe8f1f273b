/** The same table of regions for every test that has to hold on all of them. */
import { Arena, type ArenaOptions } from '@ashlar/core'
import * as assert from 'uvu/assert'

export interface ArenaRegion {
  readonly name: string
  /** Of the arena in its buffer. */
  readonly byteOffset: number
  readonly shared: boolean
  /** Makes an arena of so many bytes. */
  create(byteLength: number, options?: ArenaOptions): GroundedArena
}

export interface GroundedArena {
  readonly arena: Arena
  /** Throws when a byte of the buffer before or behind the arena has changed. */
  assertSurroundings(): void
}

const CANARY = 0xa5
/** Behind each region: no whole number of words. */
const REST_BYTE_LENGTH = 4099

/** Types of lib.es2024, which the lowest engine has already. */
type Growable = (new (
  byteLength: number,
  options: { maxByteLength: number },
) => ArrayBuffer) &
  (new (
    byteLength: number,
    options: { maxByteLength: number },
  ) => SharedArrayBuffer)

const growable = (buffer: unknown, byteLength: number) =>
  new (buffer as Growable)(byteLength, { maxByteLength: 4 * byteLength })

function region(name: string, byteOffset: number, make: (byteLength: number) => ArrayBufferLike) {
  const region: ArenaRegion = {
    name: `${name}, at byte ${byteOffset}`,
    byteOffset,
    shared: make(0) instanceof SharedArrayBuffer,
    create(byteLength, options) {
      const buffer = make(byteOffset + byteLength + REST_BYTE_LENGTH)
      const bytes = new Uint8Array(buffer).fill(CANARY)
      const arena = Arena.create({ ...options, buffer, byteOffset, byteLength })
      return {
        arena,
        assertSurroundings() {
          const isIntact = (byte: number) => byte === CANARY
          assert.ok(bytes.subarray(0, byteOffset).every(isIntact), 'bytes before the arena')
          assert.ok(bytes.subarray(byteOffset + byteLength).every(isIntact), 'bytes behind it')
        },
      }
    },
  }
  return region
}

function whole(name: string, shared: boolean, optionsFor: (byteLength: number) => ArenaOptions) {
  const region: ArenaRegion = {
    name,
    byteOffset: 0,
    shared,
    create(byteLength, options) {
      const arena = Arena.create({ ...options, ...optionsFor(byteLength) })
      return { arena, assertSurroundings() {} }
    },
  }
  return region
}

const pages = (byteLength: number) => byteLength / 65536
const unshared = (byteLength: number) => new ArrayBuffer(byteLength)
const shared = (byteLength: number) => new SharedArrayBuffer(byteLength)

export const regions: readonly ArenaRegion[] = [
  whole('shared', true, (byteLength) => ({ byteLength, shared: true })),
  whole('unshared', false, (byteLength) => ({ byteLength, shared: false })),
  whole('wasm memory', false, (byteLength) => ({
    memory: new WebAssembly.Memory({ initial: pages(byteLength), maximum: 64 }),
  })),
  whole('shared wasm memory', true, (byteLength) => ({
    memory: new WebAssembly.Memory({ initial: pages(byteLength), maximum: 64, shared: true }),
  })),
  whole('caller’s buffer', false, (byteLength) => ({ buffer: unshared(byteLength) })),
  whole('caller’s shared buffer', true, (byteLength) => ({ buffer: shared(byteLength) })),
  region('region', 16, unshared),
  region('region', 4096, unshared),
  region('region', 16 * 4099, unshared),
  region('shared region', 16, shared),
  region('shared region', 16 * 12345, shared),
  region('region of a growable SharedArrayBuffer', 48, (byteLength) =>
    growable(SharedArrayBuffer, byteLength),
  ),
  region('region of a resizable ArrayBuffer', 80, (byteLength) =>
    growable(ArrayBuffer, byteLength),
  ),
]
