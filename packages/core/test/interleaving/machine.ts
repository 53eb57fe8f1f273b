/**
 * Memory that suspends: what production code reads and writes passes through here, word by word.
 *
 * An agent is a function of memory and nothing else. To suspend it, its observer throws at the next
 * access; to resume it, it is run again from its start, and is given what it read before (its
 * writes are not done again) up to where it was. Every change can be undone, so a search can go
 * back.
 */
import { type ArenaMemory, openMemory, type Views } from '../../src/memory/memory.ts'

export type Operation = 'read' | 'write' | 'load' | 'store' | 'exchange'

/**
 * One access as it was done. Plain: read, write. Atomic: load, store, exchange, which is a compare
 * and exchange that succeeded, or an `or` or `and`; a compare and exchange that failed is a load.
 */
export interface Access {
  readonly agent: number
  readonly operation: Operation
  readonly word: number
  /** What the word held before, and after. */
  readonly before: number
  readonly after: number
  /** Which agents had touched the word until then. */
  readonly touched: number
}

/**
 * Told of every access before it is done; throws to suspend the agent instead. `rivals`: a bit for
 * each other agent whose access of the word in this run does not commute with this one.
 */
export type Observer = (
  operation: Operation,
  word: number,
  changes: boolean,
  rivals: number,
) => void

/** What an agent has read and done so far. A function of memory is where its reads have led it. */
export class Progress {
  readonly #words: number[] = []
  readonly #values: number[] = []
  #cursor = 0
  /** Two hashes of all that was read. */
  readonly #hashes: number[] = [0, 0]

  get length(): number {
    return this.#words.length
  }

  get hashA(): number {
    return this.#hashes[2 * this.length]
  }

  get hashB(): number {
    return this.#hashes[2 * this.length + 1]
  }

  rewind(length: number): void {
    this.#words.length = length
    this.#values.length = length
    this.#hashes.length = 2 * length + 2
  }

  restart(): void {
    this.#cursor = 0
  }

  get isReplaying(): boolean {
    return this.#cursor < this.#words.length
  }

  replay(word: number): number {
    if (this.#words[this.#cursor] !== word) {
      throw new Error(`an agent is no function of memory: it came to word ${word} this time`)
    }
    return this.#values[this.#cursor++]
  }

  add(word: number, value: number): void {
    const { hashA, hashB } = this
    this.#words.push(word)
    this.#values.push(value)
    this.#hashes.push(mix(hashA ^ word, value), mix(hashB + word, value ^ 0x5bd1e995))
    this.#cursor++
  }
}

export function mix(a: number, b: number): number {
  let mixed = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x27d4eb2f)
  return mixed ^ (mixed >>> 13)
}

/** No agent of the scenarios comes near it: whoever does runs in circles. */
const MAX_ACCESS_COUNT = 50_000

export class Machine {
  readonly words: Int32Array
  /** The arena as agents see it. */
  readonly memory: ArenaMemory
  /**
   * Accesses in the order they were done, over all agents; the search cuts it when it goes back.
   */
  readonly trace: Access[] = []
  #hashA = 0
  #hashB = 0
  /** By word: a bit per agent that read it, and above them a bit per agent that wrote it. */
  readonly #touched: Uint16Array
  #agent = -1
  #progress = new Progress()
  #observe: Observer = () => {}

  constructor(buffer: ArrayBufferLike) {
    this.words = new Int32Array(buffer)
    this.#touched = new Uint16Array(this.words.length)
    this.memory = watchedMemory(buffer, this.#watchedWords(), this.#watchedBytes())
  }

  /**
   * Hashes of the whole memory, as far as it differs from what it was when the machine was made.
   */
  get hashA(): number {
    return this.#hashA
  }

  get hashB(): number {
    return this.#hashB
  }

  /** Runs an agent from its start; gives what it threw. */
  run(agent: number, progress: Progress, observe: Observer, body: () => void): unknown {
    const real = globalThis.Atomics
    this.#agent = agent
    this.#progress = progress
    this.#observe = observe
    progress.restart()
    globalThis.Atomics = this.#watchedAtomics(real)
    try {
      body()
      return undefined
    } catch (thrown) {
      return thrown
    } finally {
      globalThis.Atomics = real
    }
  }

  /** Whether two agents have touched a word in this run, one of them by a store. */
  isContested(word: number): boolean {
    const readers = this.#touched[word] & 0xff
    const writers = this.#touched[word] >> 8
    const all = readers | writers
    return writers !== 0 && (all & (all - 1)) !== 0
  }

  /** Undoes what was done since the trace had this length. */
  rewind(traceLength: number): void {
    while (this.trace.length > traceLength) {
      const { word, before, after, touched } = this.trace.pop() as Access
      this.#touched[word] = touched
      if (before !== after) this.#put(word, after, before)
    }
  }

  #put(word: number, before: number, after: number): void {
    this.#hashA ^= mix(word, before) ^ mix(word, after)
    this.#hashB ^= mix(before, word) ^ mix(after, word)
    this.words[word] = after
  }

  /**
   * Gives what the operation gives: the value read, or before the exchange; of a write nothing.
   * @param value what is written, or how that follows from what was there
   * @param expected of a compare and exchange
   */
  #access(
    operation: Operation,
    word: number,
    value: number | ((before: number) => number),
    expected?: number,
  ): number {
    const progress = this.#progress
    if (progress.isReplaying) return progress.replay(word)
    const before = this.words[word]
    const isRefused = expected !== undefined && before !== expected
    const done = isRefused ? 'load' : operation
    const written = typeof value === 'number' ? value : value(before)
    const after = done === 'read' || done === 'load' ? before : written
    if (progress.length > MAX_ACCESS_COUNT) throw new Error('an agent runs in circles')
    const touched = this.#touched[word]
    const isWrite = done !== 'read' && done !== 'load'
    const rivals = (isWrite ? touched | (touched >> 8) : touched >> 8) & 0xff & ~(1 << this.#agent)
    this.#observe(done, word, before !== after, rivals)
    this.trace.push({ agent: this.#agent, operation: done, word, before, after, touched })
    this.#touched[word] = touched | (1 << (isWrite ? this.#agent + 8 : this.#agent))
    if (before !== after) this.#put(word, before, after)
    progress.add(word, before)
    return before
  }

  #watchedWords(): Int32Array {
    const write = (word: number, value: number) => this.#access('write', word, value | 0)
    const fill = (value: number, begin: number, end: number) => {
      for (let word = begin; word < end; word++) write(word, value)
    }
    return new Proxy(this.words, {
      get: (words, key) => {
        const word = typeof key === 'string' ? Number(key) : Number.NaN
        if (word >= 0 && word < words.length) return this.#access('read', word, 0)
        if (key === 'length') return words.length
        if (key === 'fill') return fill
        if (Number.isNaN(word)) throw new Error(`${String(key)} of i32 is not watched`)
        return undefined
      },
      set: (words, key, value: number) => {
        const word = Number(key)
        if (word >= 0 && word < words.length) write(word, value)
        return true
      },
    })
  }

  /** Contents of blocks are copied and cleared by bytes, in blocks that begin and end at words. */
  #watchedBytes(): Uint8Array {
    const copyWithin = (to: number, from: number, end: number) => {
      for (let byte = 0; byte < end - from; byte += 4) {
        const value = this.#access('read', (from + byte) >> 2, 0)
        this.#access('write', (to + byte) >> 2, value)
      }
    }
    const fill = (value: number, begin: number, end: number) => {
      for (let byte = begin; byte < end; byte += 4) this.#access('write', byte >> 2, value)
    }
    return new Proxy(new Uint8Array(this.words.buffer), {
      get: (_bytes, key) => {
        if (key === 'copyWithin') return copyWithin
        if (key === 'fill') return fill
        throw new Error(`${String(key)} of u8 is not watched`)
      },
    })
  }

  /** No `wait`: whoever calls it fails. */
  #watchedAtomics(real: Atomics): Atomics {
    const watched = {
      load: (_words: Int32Array, word: number) => this.#access('load', word, 0),
      store: (_words: Int32Array, word: number, value: number) => {
        this.#access('store', word, value | 0)
        return value
      },
      compareExchange: (_words: Int32Array, word: number, expected: number, value: number) =>
        this.#access('exchange', word, value | 0, expected | 0),
      or: (_words: Int32Array, word: number, bits: number) =>
        this.#access('exchange', word, (before) => before | bits),
      and: (_words: Int32Array, word: number, bits: number) =>
        this.#access('exchange', word, (before) => before & bits),
    }
    return new Proxy(real, {
      get: (_real, key) => {
        const operation = Reflect.get(watched, key)
        if (operation === undefined) throw new Error(`Atomics.${String(key)} is not watched`)
        return operation
      },
    })
  }
}

function watchedMemory(buffer: ArrayBufferLike, i32: Int32Array, u8: Uint8Array): ArenaMemory {
  const memory = openMemory(buffer, 0)
  const watched = { ...memory.views, i32, u8 } as Views
  return Object.defineProperty(memory, 'views', { get: () => watched })
}
