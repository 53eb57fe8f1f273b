/** The command buffers that the world's thread made, and the application of all buffers. */
import type { Pool } from '@ashlar/core'
import { checkPool, isArray } from '../base/arguments.ts'
import { commandsBusy, commandsDisposed, invalidArgument, noCommands } from '../base/errors.ts'
import { Cells } from '../memory/cells.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import type { Worlds } from '../world/worlds.ts'
import type { CommandBuffer } from './command-api.ts'
import { CommandApplier, type CommandSource } from './command-apply.ts'
import { checkCommands } from './command-blocks.ts'
import { PoolCommands } from './commands.ts'

export class WorldCommands {
  readonly #worlds: Worlds
  readonly #pool: Pool
  readonly #registry: ComponentRegistry
  readonly #serial: number
  readonly #views: Cells
  /** The buffers made here that are not disposed of. */
  #buffers: PoolCommands[] = []
  #applier: CommandApplier | undefined
  #isBusy = false
  /** The offsets of the buffers to apply. Kept, to make no garbage. */
  readonly #offsets: number[] = []
  #count = 0

  constructor(worlds: Worlds, pool: Pool, registry: ComponentRegistry, serial: number) {
    this.#worlds = worlds
    this.#pool = pool
    this.#registry = registry
    this.#serial = serial
    this.#views = new Cells(pool)
  }

  /** @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory' */
  create(pool: Pool = this.#pool): CommandBuffer {
    checkPool(pool)
    if (!isOfOneArena(pool, this.#pool)) {
      throw invalidArgument('the pool', pool, 'what openPool() of the arena of this storage gives')
    }
    const buffer = new PoolCommands(pool, this.#registry, this.#serial, (disposed) => {
      this.#buffers = this.#buffers.filter((other) => other !== disposed)
    })
    this.#buffers.push(buffer)
    return buffer
  }

  /** For `verifyStorage`: of the buffers that were made here. */
  get heldOffsets(): readonly number[] {
    return this.#buffers.map(({ offset }) => offset)
  }

  /** As `Storage.apply`. */
  apply(sources: CommandSource | readonly CommandSource[]): number {
    this.checkIdle()
    this.#count = 0
    if (!isArray(sources)) this.#take(sources)
    else for (let i = 0; i < sources.length; i++) this.#take(sources[i])
    this.#setBusy(true)
    try {
      this.#applier ??= new CommandApplier(this.#worlds, this.#registry, this.#pool, this.#views)
      return this.#applier.apply(this.#offsets, this.#count)
    } finally {
      this.#setBusy(false)
    }
  }

  /** @throws StorageError 'commands-busy' while commands are applied or their values read */
  checkIdle(): void {
    if (this.#isBusy) throw commandsBusy()
    for (let i = 0; i < this.#buffers.length; i++) if (this.#buffers[i].isBusy) throw commandsBusy()
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.dispose(this.#pool)
  }

  #setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy
    for (let i = 0; i < this.#buffers.length; i++) this.#buffers[i].$setBusy(isBusy)
  }

  #take(source: CommandSource): void {
    if (source instanceof PoolCommands && source.isDisposed) throw commandsDisposed()
    if (typeof source?.offset !== 'number') throw noCommands(source)
    const offset = checkCommands(this.#pool, this.#views, source.offset, this.#serial)
    for (let i = 0; i < this.#count; i++) if (this.#offsets[i] === offset) return
    this.#offsets[this.#count++] = offset
  }
}

const isOfOneArena = ({ arena }: Pool, other: Pool) =>
  arena.buffer === other.arena.buffer && arena.byteOffset === other.arena.byteOffset
