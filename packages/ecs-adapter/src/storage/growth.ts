/**
 * Reports that columns have moved, and that memory waits for a `sync`. Invariant: hooks of the user
 * run only when no operation is half done. While they run, the storage is not synced, reset or
 * disposed of.
 */

import type { Publisher } from '../attach/publisher.ts'
import { elapsedMs, nowMs } from '../base/wait.ts'
import type { Growth, Sets } from '../columns/component-context.ts'
import type { StorageComponents } from '../columns/storage-components.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { Component } from '../schema/schema.ts'
import type { StorageOptions } from './storage-options.ts'

/** If more than one part in this many of the arena waits, the storage reports that. */
const PART_COUNT = 16
/** How many milliseconds memory may wait for a `sync` before the storage reports that. */
const PATIENCE_MS = 1000

/** The other parts of a storage that `Growth` needs. */
interface Parts {
  readonly sets: Sets
  readonly memory: FieldMemory
  readonly components: StorageComponents
  readonly publisher: Publisher
}

export class StorageGrowth implements Growth {
  /** The value of `Storage.columnsVersion`. */
  version = 0
  movedColumnCount = 0
  readonly #parts: Parts
  readonly #hooks: Pick<StorageOptions, 'onColumnsMoved' | 'onWaiting'>
  /** If more bytes than this wait, the storage reports that. */
  readonly #limit: number
  /** The components whose move is not reported yet. */
  readonly #moved: Component[] = []
  /**
   * What the memory of the last report waits for: `sync` of this thread, or of other threads.
   * Undefined again when less memory waits.
   */
  #reported: 'sync' | 'threads' | undefined
  /**
   * The time, by `nowMs`, when this much memory was first found to wait for `sync`. Undefined
   * after a `sync`.
   */
  waitsSince: number | undefined
  #hasWarned = false

  constructor(parts: Parts, hooks: StorageOptions) {
    this.#parts = parts
    this.#hooks = hooks
    // The integer quotient is a small integer. V8 would allocate memory when it reads a product
    // with 1/16.
    this.#limit = parts.memory.views.pool.arena.byteLength / PART_COUNT
  }

  note(component: Component, movedColumnCount: number): void {
    this.version++
    this.movedColumnCount += movedColumnCount
    this.#moved.push(component)
  }

  /** How many bytes are no longer in use, but wait for a `sync`. */
  get waitingByteLength(): number {
    const { components, publisher } = this.#parts
    return components.sumOf('staleByteLength') + publisher.retired.byteLength
  }

  report(isDue = this.#moved.length > 0): void {
    const { sets, publisher } = this.#parts
    const isLittle = publisher.retired.byteLength <= this.#limit && this.#reported === undefined
    if (isLittle && !isDue) return // in nearly every frame
    sets.beginSet()
    try {
      while (this.#moved.length > 0) {
        const component = this.#moved.pop()!
        this.#hooks.onColumnsMoved?.(component)
      }
      this.#sayWhatWaits()
    } finally {
      sets.endSet()
    }
  }

  /** Whether a `sync` is overdue, and the user does not know it yet. If so, call `report(true)`. */
  get isLate(): boolean {
    const now = nowMs()
    return !this.#reported && elapsedMs(this.waitsSince ?? now, now) >= PATIENCE_MS
  }

  #sayWhatWaits(): void {
    const { publisher } = this.#parts
    const byteLength = this.waitingByteLength
    const retired = publisher.retired.byteLength
    // If a `sync` has only just run, no thread is late yet.
    const late = retired > this.#limit ? publisher.waitingSlots : []
    const isForThreads = late.length > 0
    const isMuch = byteLength - retired > this.#limit
    this.waitsSince = isMuch ? (this.waitsSince ?? nowMs()) : undefined
    const isForSync = isMuch && (this.#reported === 'sync' || this.isLate)
    const waitsFor = isForThreads ? 'threads' : isForSync ? 'sync' : undefined
    if (waitsFor === this.#reported) return
    this.#reported = waitsFor
    if (waitsFor === undefined) return
    const what = isForThreads ? forThreads(late) : forSync(this.#staleNames)
    if (!this.#hasWarned) {
      this.#hasWarned = true
      const share = `${Math.ceil(byteLength / 1024)} KiB, more than 1/16 of the arena`
      console.warn(`@ashlar/ecs-adapter: ${share}: ${what}`)
    }
    this.#hooks.onWaiting?.({ byteLength, what })
  }

  /** The names of the components that wait for `sync`. */
  get #staleNames(): string[] {
    const { all } = this.#parts.components
    return all.filter(({ hooks }) => hooks?.store.staleByteLength).map(({ name }) => name)
  }
}

const forSync = (names: readonly string[]) =>
  `old memory of ${names.join(', ')} waits for storage.sync(). Call it once a frame`

const forThreads = (slots: readonly number[]) =>
  `old memory waits for sync() in the threads of slots ${slots.join(', ')}. Call it once a ` +
  'frame, or detach()'
