/** What a run is called with, placed where workers find it: ids, arguments. */
import type { Pool } from '@ashlar/core'
import { isEntityId } from '../base/arguments.ts'
import { invalidArgument, shownError } from '../base/errors.ts'
import { encodeJson, refuseLoss, storeBytes } from '../base/json.ts'
import { isError } from '../base/thrown.ts'
import { isIdArray } from '../base/typed-arrays.ts'
import { ReusableBlock } from '../memory/reusable-block.ts'
import type { Declared } from './declared.ts'
import { EACH_WORKER, isTable, noEntity, type RunEntities, writeNumbers } from './run-entities.ts'

export class RunInput {
  /** Byte offsets in the arena, byte length. */
  idsOffset = 0
  argsOffset = 0
  argsByteLength = 0
  declaredOffset = 0
  declaredByteLength = 0
  readonly #pool: Pool
  readonly #ids: ReusableBlock
  readonly #args: ReusableBlock
  readonly #declared: ReusableBlock

  constructor(pool: Pool) {
    this.#pool = pool
    this.#ids = new ReusableBlock(pool)
    this.#args = new ReusableBlock(pool)
    this.#declared = new ReusableBlock(pool)
  }

  /**
   * RunQueue code of the caller, where `args` have toJSON. Nobody reads any more what was placed before.
   * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
   */
  placeArgs(args: unknown, declared?: Declared): void {
    this.#placeArgs(args)
    this.#placeDeclared(declared)
  }

  /**
   * Gives how many there are: other threads add rows to the chunks of a table meanwhile, and remove some.
   * @param count of the entities, as checked
   * @param isVersioned whether ids have versions
   * @throws as `placeArgs`
   */
  placeEntities(entities: RunEntities, count: number, isVersioned: boolean): number {
    if (entities === EACH_WORKER) this.#placeNumbers(count)
    else if (isTable(entities)) {
      this.idsOffset = this.#ids.take(entities.chunks.length * 4)
      return writeNumbers(entities, this.#pool.arena.i32, this.idsOffset >> 2)
    } else this.#placeIds(entities, count, isVersioned)
    return count
  }

  /** For `verifyStorage`; 0 of none. */
  get heldOffsets(): readonly number[] {
    return [this.#ids.offset, this.#args.offset, this.#declared.offset]
  }

  dispose(): void {
    this.#ids.dispose()
    this.#args.dispose()
    this.#declared.dispose()
  }

  #placeIds(entities: ArrayLike<number>, count: number, isVersioned: boolean): void {
    const isTyped = isIdArray(entities)
    if (isTyped && entities.buffer === this.#pool.arena.i32.buffer) {
      this.idsOffset = entities.byteOffset
      return
    }
    this.idsOffset = this.#ids.take(count * 4)
    const { i32 } = this.#pool.arena // now, as memory may have grown
    const first = this.idsOffset >> 2
    if (isTyped) i32.set(entities, first)
    else placeChecked(entities, count, isVersioned ? -(2 ** 31) : 1, i32, first)
  }

  #placeNumbers(count: number): void {
    this.idsOffset = this.#ids.take(count * 4)
    const { i32 } = this.#pool.arena
    for (let i = 0; i < count; i++) i32[(this.idsOffset >> 2) + i] = i
  }

  #placeArgs(args: unknown): void {
    this.argsByteLength = 0
    if (args === undefined) return
    const bytes = encodeArgs(args)
    this.argsOffset = this.#store(this.#args, bytes)
    this.argsByteLength = bytes.length
  }

  #placeDeclared(declared: Declared | undefined): void {
    this.declaredByteLength = 0
    if (declared === undefined) return
    const bytes = encodeJson(declared)
    this.declaredOffset = this.#store(this.#declared, bytes)
    this.declaredByteLength = bytes.length
  }

  #store(block: ReusableBlock, bytes: Uint8Array): number {
    const offset = block.take(bytes.length)
    storeBytes(this.#pool.arena.i32, offset, bytes)
    return offset
  }
}

/** 100,000 of a `number[]`: 100 µs; without a look at each, by `set`, 50. */
function placeChecked(
  entities: ArrayLike<unknown>,
  count: number,
  least: number,
  words: Int32Array,
  first: number,
): void {
  for (let i = 0; i < count; i++) {
    const eid = entities[i]
    if (!isEntityId(eid) || eid < least) throw noEntity(i, eid)
    words[first + i] = eid
  }
}

function encodeArgs(args: unknown): Uint8Array {
  try {
    return encodeJson(args, refuseLoss)
  } catch (error) {
    const reason = isError(error) ? error.message : shownError(error)
    throw invalidArgument('args', args, `plain values that JSON can tell, but ${reason}`)
  }
}
