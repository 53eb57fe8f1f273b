/** Waiting for a word of shared memory: blocking, or as a promise. */

/** Undefined in browsers. */
const { setImmediate } = globalThis as { setImmediate?(callback: () => void): unknown }

/** Lets the platform handle messages and timers. */
export const nextTurn: () => Promise<void> =
  setImmediate !== undefined
    ? () => new Promise((resolve) => void setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel() // timers of pages wait for 4 ms
          port1.onmessage = () => {
            port1.close()
            resolve()
          }
          port2.postMessage(0)
        })

/** Whole milliseconds: V8 would allocate a fraction in each frame. */
export const nowMs = () => performance.now() | 0

/** From one `nowMs` to another. `nowMs` wraps after 24 days. */
export const elapsedMs = (from: number, to: number) => (to - from) | 0

/** 12 days. `elapsedMs` cannot distinguish a longer wait from the past. */
export const WAIT_MS_MAX = 2 ** 30

/** About 15 µs, as between two systems of a frame. */
const SPIN_COUNT = 2000
/** After so many failures in a row, the other thread is busy for longer, or has no core. */
const VAIN_SPINS_MAX = 8
/** Then one wait of so many spins again. */
const PROBE_INTERVAL = 64

/**
 * Blocks a thread. It spins before it sleeps, as long as spinning helps. A run of an empty system
 * by two workers takes 4 µs spinning, 15 sleeping; on busy cores, 50 and 15.
 */
export class Waiter {
  #vainSpins = 0

  /** Waits while a word has a value, up to a timeout. Returns what the word has then. */
  waitWhile(words: Int32Array, index: number, value: number, timeoutMs: number): number {
    const isUseful = this.#vainSpins < VAIN_SPINS_MAX || this.#vainSpins % PROBE_INTERVAL === 0
    for (let count = isUseful ? SPIN_COUNT : 1; count > 0; count--) {
      const present = Atomics.load(words, index)
      if (present === value) continue
      this.#vainSpins = 0
      return present
    }
    this.#vainSpins++
    // An int: V8 would box what it takes for a fraction.
    Atomics.wait(words, index, value, timeoutMs | 0)
    return Atomics.load(words, index)
  }
}

/** The main thread of a page may not block. */
export function mayBlock(words: Int32Array): boolean {
  try {
    Atomics.wait(words, 0, Atomics.load(words, 0), 0)
    return true
  } catch {
    return false
  }
}

/** ES2024: not on every platform. */
const { waitAsync } = Atomics as {
  waitAsync?(
    words: Int32Array,
    index: number,
    value: number,
    timeoutMs: number,
  ): { readonly value: 'not-equal' | 'timed-out' | Promise<'ok' | 'timed-out'> }
}

/** Without `waitAsync`, a thread polls for so many turns before it polls by timer. */
const EAGER_TURNS = 200
const INTERVAL_MS = 4

/**
 * Resolves when the condition holds. Tests it whenever the word has changed, and every INTERVAL_MS,
 * because some platforms miss wake-ups of `Atomics.waitAsync`.
 */
export async function untilTrue(
  words: Int32Array,
  index: number,
  condition: () => boolean,
): Promise<void> {
  for (let turn = 0; ; turn++) {
    const value = Atomics.load(words, index)
    if (condition()) return
    if (waitAsync === undefined && turn < EAGER_TURNS) {
      await nextTurn()
      continue
    }
    await new Promise<unknown>((resolve) => {
      const timer = setTimeout(resolve, INTERVAL_MS)
      const waiting = waitAsync?.(words, index, value, 2 * INTERVAL_MS).value
      if (waiting === undefined) return
      Promise.resolve(waiting).then((result) => {
        clearTimeout(timer)
        resolve(result)
      })
    })
  }
}
