// What JavaScript gives back to the system: resident memory before a burst, after it, and after all
// was freed, for each kind of buffer.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Arena, type ArenaOptions } from '@ashlar/core'
import type { ResidentResult } from './cases.ts'

const MEBIBYTE = 2 ** 20
const ARENA_BYTE_LENGTH = 512 * MEBIBYTE
/** Of a burst; each is 4 KiB, so every page is touched. */
const BLOCK_COUNT = 50_000
const BURST_BYTE_LENGTH = 200 * MEBIBYTE

type Look = (state: string) => Promise<void>

const arenaOf = (options: () => ArenaOptions) => async (look: Look) => {
  const arena = Arena.create(options())
  const pool = arena.openPool()
  await look('made')
  const offsets = new Int32Array(BLOCK_COUNT)
  for (let i = 0; i < BLOCK_COUNT; i++) {
    offsets[i] = pool.alloc(4080)
    arena.u8.fill(i, offsets[i], offsets[i] + 4080)
  }
  await look('burst')
  for (const offset of offsets) pool.free(offset)
  pool.collect()
  const { committedByteLength, controlByteLength } = arena.stats()
  if (committedByteLength !== controlByteLength)
    throw new Error('the arena has not given all spans back')
  await look('freed')
}

/** What ES2024 adds; Node 20 has no `transfer` yet. */
interface NewArrayBuffer extends ArrayBuffer {
  resize(byteLength: number): void
  transfer?(byteLength: number): ArrayBuffer
}
const NewArrayBuffer = ArrayBuffer as unknown as new (
  byteLength: number,
  options?: { maxByteLength: number },
) => NewArrayBuffer

/** Buffers of themselves: what an arena on them could do. */
async function resizable(look: Look): Promise<void> {
  const buffer = new NewArrayBuffer(0, { maxByteLength: ARENA_BYTE_LENGTH })
  await look('made')
  buffer.resize(BURST_BYTE_LENGTH)
  new Uint8Array(buffer).fill(1)
  await look('burst')
  buffer.resize(MEBIBYTE)
  await look('freed')
  buffer.resize(BURST_BYTE_LENGTH)
  if (new Uint8Array(buffer)[BURST_BYTE_LENGTH - 1] !== 0) throw new Error('not cleared')
  await look('grown again')
}

async function transferred(look: Look): Promise<void> {
  const buffer = new NewArrayBuffer(ARENA_BYTE_LENGTH)
  await look('made')
  new Uint8Array(buffer, 0, BURST_BYTE_LENGTH).fill(1)
  await look('burst')
  if (!buffer.transfer) return
  const shorter = buffer.transfer(MEBIBYTE)
  await look('freed')
  if (new Uint8Array(shorter)[0] !== 1) throw new Error('lost')
}

/** One after the other: Bun keeps the last one until there is another. */
async function dropped(look: Look): Promise<void> {
  const use = arenaOf(() => ({ byteLength: ARENA_BYTE_LENGTH, shared: true }))
  for (let i = 0; i < 2; i++) {
    await use(async () => {})
    await settle()
  }
  await look('freed')
}

const wasmPages = ARENA_BYTE_LENGTH / 65536
const wasmMemory = (shared: boolean) =>
  new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared })

const kinds: Readonly<Record<string, (look: Look) => Promise<void>>> = {
  'arena, SharedArrayBuffer': arenaOf(() => ({ byteLength: ARENA_BYTE_LENGTH, shared: true })),
  'arena, ArrayBuffer': arenaOf(() => ({ byteLength: ARENA_BYTE_LENGTH, shared: false })),
  'arena, WebAssembly.Memory': arenaOf(() => ({ memory: wasmMemory(false) })),
  'arena, shared WebAssembly.Memory': arenaOf(() => ({ memory: wasmMemory(true) })),
  'two arenas, dropped': dropped,
  'ArrayBuffer, resize': resizable,
  'ArrayBuffer, transfer': transferred,
}

export const residentKinds = Object.keys(kinds)

export async function lookAtResident(kind: string): Promise<ResidentResult> {
  const states: [string, number][] = []
  const look = async (state: string) => {
    await settle()
    states.push([state, residentBytes() / MEBIBYTE])
  }
  await look('before')
  await kinds[kind](look)
  return states
}

async function settle(): Promise<void> {
  const { gc, Bun } = globalThis as {
    gc?: () => void
    Bun?: { gc(isSynchronous: boolean): void }
  }
  for (let i = 0; i < 3; i++) {
    gc?.()
    Bun?.gc(true)
    await sleep(100)
  }
}

/** Without pages that were given back, but that the system has not taken yet. */
function residentBytes(): number {
  if (process.platform !== 'linux') return process.memoryUsage().rss
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8')
  const field = (name: string) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1])
  return (field('Rss') - field('LazyFree')) * 1024
}
