import { Arena, blocks, type Pool, verify } from '@ashlar/core'
import {
  type AnyComponent,
  type CheckedSparse,
  type Component,
  type ComponentRows,
  createSparseComponent,
  createStorage,
  type Schema,
  type SparseComponent,
  type Storage,
  type StorageOptions,
  t,
  type VerifyOptions,
  verifyStorage,
} from '@ashlar/ecs-adapter'
import { createWorld, type World } from 'bitecs'
import * as assert from 'uvu/assert'
import { Utf8 } from '../src/base/utf8.ts'
import { MemoryViews } from '../src/memory/memory-views.ts'

/** The twins that every test of behaviour runs on. */
export const buffers = {
  SharedArrayBuffer: { shared: true },
  ArrayBuffer: { shared: false },
} as const

/** The types of fields that are a number an entity. */
export const { list: _list, text: _text, bool: _bool, ...scalars } = t

export interface Scene {
  readonly arena: Arena
  readonly pool: Pool
  readonly world: World
  readonly storage: Storage
}

export function createScene(
  options: StorageOptions & {
    shared?: boolean
    byteLength?: number
    slots?: number
    world?: World
  } = {},
): Scene {
  const { shared = true, byteLength = 2 ** 24, slots, world = createWorld(), ...rest } = options
  const arena = Arena.create({ byteLength, shared, ...(slots === undefined ? {} : { slots }) })
  const pool = arena.openPool()
  return { arena, pool, world, storage: watch(arena, createStorage(world, pool, rest)) }
}

/** A component of the kind that a test runs for. */
export function createComponent<const S extends Schema>(
  storage: Storage,
  name: string,
  schema: CheckedSparse<S>,
  sparse: boolean,
): Component<S> | SparseComponent<S> {
  return sparse
    ? createSparseComponent<S>(storage, name, schema)
    : storage.component<S>(name, schema)
}

/** The rows of a component of unknown schema that is sparse. */
export const rowsOf = (component: AnyComponent): ComponentRows =>
  (component as SparseComponent).rows

/** Runs `body`, and proves that afterwards the storage leaves the arena as it found it. */
export function withScene(
  options: Parameters<typeof createScene>[0],
  body: (scene: Scene) => void,
): void {
  const scene = createScene(options)
  body(scene)
  assertSound(scene.arena, EXCLUSIVE)
  scene.storage.dispose()
  assertSound(scene.arena, EXCLUSIVE)
  assert.equal(blocks(scene.arena), [], 'blocks left after dispose')
}

/** For an arena that holds nothing but one storage. */
export const EXCLUSIVE = { exclusive: true }
const watched = new WeakMap<Arena, Storage[]>()

/** Makes `assertSound` of the arena verify a storage, and returns it. */
export function watch(arena: Arena, storage: Storage): Storage {
  watched.set(arena, [...(watched.get(arena) ?? []), storage])
  return storage
}

/** Verifies an arena, and the storages in it that are watched, as those of scenes are. */
export function assertSound(arena: Arena, options: VerifyOptions = {}): void {
  assert.equal(verify(arena), [])
  for (const storage of watched.get(arena) ?? []) {
    assert.equal(verifyStorage(storage, options), [])
  }
}

/** Whether a call throws an error of this class, code and words. */
/** Replaces the clock of `performance.now`: time passes only by `pass`, until `restore`. */
export function stopClock() {
  let time = performance.now()
  const own = Object.getOwnPropertyDescriptor(performance, 'now') // elsewhere, the prototype has it
  Object.defineProperty(performance, 'now', { value: () => time, configurable: true })
  return {
    pass(milliseconds: number): void {
      time += milliseconds
    },
    restore(): void {
      if (own === undefined) Reflect.deleteProperty(performance, 'now')
      else Object.defineProperty(performance, 'now', own)
    },
  }
}

export function assertThrows(call: () => unknown, code: string, ...words: string[]): void {
  let error: unknown
  try {
    call()
  } catch (thrown) {
    error = thrown
  }
  assert.ok(error instanceof Error, `expected an error with code ${code}, nothing was thrown`)
  const given = 'code' in error ? error.code : undefined
  assert.is(given, code, `${error.message}`)
  for (const word of words) {
    assert.ok(error.message.includes(word), `${JSON.stringify(error.message)} lacks ${word}`)
  }
}

/** Takes all there is of an arena: the blocks, of so many bytes at least. */
export function fillUp(pool: Pool, least = 1): number[] {
  const held: number[] = []
  for (let byteLength = 2 ** 19; byteLength >= least; byteLength /= 2) {
    for (let block = pool.tryAlloc(byteLength); block !== 0; block = pool.tryAlloc(byteLength)) {
      held.push(block)
    }
  }
  return held
}

/** A seeded generator of whole numbers below `limit` (mulberry32). */
export function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** Texts that break encoders; surrogates without a pair among them. */
export const TEXTS = [
  ...['', 'gate', '\0', 'a\0b', '\u007f\u0080', 'ß', '\u07ff\u0800', '€', '日本語', '\uffff'],
  ...['\ud7ff\ue000', '😀', '👩‍👩‍👧', '\u{10ffff}', '\ufeffwith a mark', '\ufeff', 'é́'],
  ...[
    '\ud800',
    '\udc00',
    'a\ud800',
    '\ud800a',
    '\udc00\ud800',
    String.fromCharCode(0xd800, 0xd800, 0xdc00),
    '\udbff\ue000',
  ],
  'x'.repeat(1024),
  'x'.repeat(1025),
  '😀'.repeat(5000),
  'ü'.repeat(300_000),
]

/** An arena, and what a thread allocates from it with, without a world. */
export function createBlocks({ shared = true, byteLength = 2 ** 22 } = {}) {
  const arena = Arena.create({ byteLength, shared })
  const pool = arena.openPool()
  const views = new MemoryViews(pool)
  return { arena, pool, views, utf8: new Utf8() }
}
