/** What the journals of all agents say that there must be: conservation, from the callers' side. */
import { alignedByteLength } from '../../src/blocks/aligned.ts'
import { SEGMENT_BYTE_LENGTH } from '../../src/remote/queue.ts'
import type { Call, Entry } from './hand.ts'

/** Of one offset, over all agents. Offsets are used again, so these are counts. */
interface Account {
  gained: number
  lost: number
  /** Frees and resizes that a dead agent was in. */
  unsure: number
  readonly byteLengths: number[]
}

export class Ledger {
  readonly #accounts = new Map<number, Account>()
  /** Byte lengths of blocks that a dead agent was allocating: there, or not. */
  readonly strays: number[] = []
  /** Slots that an agent which lives has open. */
  readonly openSlots = new Set<number>()
  readonly faults: string[] = []
  /**
   * Blocks that a dead agent was resizing: there as they were, or of the new length, there or
   * elsewhere.
   */
  readonly resized: { readonly offset: number; readonly byteLength: number }[] = []

  /** @param slots that the agent has open from the start */
  read(journal: readonly Entry[], isDead: boolean, slots: readonly number[]): void {
    let pending: Call | undefined
    const opened = new Set(slots)
    for (const entry of journal) {
      if ('calls' in entry) pending = entry.calls
      else if ('returned' in entry) pending = undefined
      else if ('gained' in entry) this.#gain(entry.gained, entry.byteLength)
      else if ('lost' in entry) this.#accountOf(entry.lost).lost++
      else if ('opened' in entry) opened.add(entry.opened)
      else opened.delete(entry.closed)
    }
    if (pending !== undefined) this.#leave(pending)
    if (isDead) return
    for (const slot of opened) {
      if (this.openSlots.has(slot)) this.faults.push(`slot ${slot} is open twice`)
      this.openSlots.add(slot)
    }
  }

  /** Blocks that callers certainly hold, with the byte lengths that they may have. */
  *held(): Iterable<[offset: number, byteLengths: readonly number[]]> {
    for (const [offset, { gained, lost, unsure, byteLengths }] of this.#accounts) {
      if (gained - lost - unsure > 0) yield [offset, byteLengths]
    }
  }

  /** Whether a live block may be there: somebody holds it, or a dead agent was at it. */
  explains(offset: number, byteLength: number): boolean {
    const account = this.#accounts.get(offset)
    if (account !== undefined && account.gained > account.lost) return true
    const stray = this.strays.indexOf(byteLength)
    if (stray !== -1) this.strays.splice(stray, 1)
    return stray !== -1
  }

  #gain(offset: number, byteLength: number): void {
    const account = this.#accountOf(offset)
    account.gained++
    account.byteLengths.push(byteLength)
  }

  #leave({ offset, byteLength }: Call): void {
    if (offset !== 0) this.#accountOf(offset).unsure++
    this.strays.push(SEGMENT_BYTE_LENGTH)
    if (byteLength === 0) return
    if (offset !== 0) this.resized.push({ offset, byteLength })
    this.strays.push(byteLength)
    for (let alignment = 32; alignment <= 4096; alignment *= 2) {
      this.strays.push(alignedByteLength(byteLength, alignment))
    }
  }

  #accountOf(offset: number): Account {
    const account = this.#accounts.get(offset) ?? {
      gained: 0,
      lost: 0,
      unsure: 0,
      byteLengths: [],
    }
    this.#accounts.set(offset, account)
    return account
  }
}
