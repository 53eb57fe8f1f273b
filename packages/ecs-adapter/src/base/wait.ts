/** Waiting for a word of shared memory: blocking, or as a promise. */

/** Undefined in browsers. A bundler drops a property that nobody reads, but no destructuring. */
const setImmediate = (globalThis as { setImmediate?(callback: () => void): unknown }).setImmediate

/** Resolves in a later turn of the event loop, so that messages and timers are handled before. */
export const nextTurn: () => Promise<void> =
  setImmediate !== undefined
    ? () => new Promise((resolve) => void setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel() // a timer of a page takes 4 ms or more
          port1.onmessage = () => {
            port1.close()
            resolve()
          }
          port2.postMessage(0)
        })

/** Whole milliseconds: V8 would allocate a fraction in each frame. */
export const nowMs = () => performance.now() | 0

/** Milliseconds from one `nowMs` to a later one, even if `nowMs` has wrapped, after 24 days. */
export const elapsedMs = (from: number, to: number) => (to - from) | 0

/** The longest wait: 12 days. `elapsedMs` cannot distinguish longer times from negative ones. */
export const WAIT_MS_MAX = 2 ** 30 - 1

/** How often a spin reads the word: for about 15 µs, the time between two systems of a frame. */
const SPIN_COUNT = 2000
/** After so many vain spins in a row, waits sleep at once: the other thread is busy, or paused. */
const VAIN_SPINS_MAX = 8
/** From then on, one of so many waits spins, to find out whether spinning helps again. */
const PROBE_INTERVAL = 64

/**
 * Blocks a thread. It spins before it sleeps, as long as spinning helps. A run of an empty system
 * by two workers takes 4 µs if they spin and 15 µs if they sleep; on busy cores, 50 and 15 µs.
 */
export class Waiter {
  #vainSpins = 0

  /** Waits while a word has a value, up to a timeout. Returns the word's value then. */
  waitWhile(words: Int32Array, index: number, value: number, timeoutMs: number): number {
    const isUseful = this.#vainSpins < VAIN_SPINS_MAX || this.#vainSpins % PROBE_INTERVAL === 0
    for (let count = isUseful ? SPIN_COUNT : 1; count > 0; count--) {
      const present = Atomics.load(words, index)
      if (present === value) continue
      this.#vainSpins = 0
      return present
    }
    this.#vainSpins++
    // `| 0` shows V8 an integer: it would box a number that may be a fraction.
    Atomics.wait(words, index, value, timeoutMs | 0)
    return Atomics.load(words, index)
  }
}

/** Whether this thread may block: the main thread of a page may not. */
export function mayBlock(words: Int32Array): boolean {
  try {
    Atomics.wait(words, 0, Atomics.load(words, 0), 0)
    return true
  } catch {
    return false
  }
}

/** `waitAsync` came with ES2024: not every platform has it. */
const waitAsync = (
  Atomics as {
    waitAsync?(
      words: Int32Array,
      index: number,
      value: number,
      timeoutMs: number,
    ): { readonly value: 'not-equal' | 'timed-out' | Promise<'ok' | 'timed-out'> }
  }
).waitAsync

/** Without `waitAsync`, a thread polls in so many turns of the event loop, and then by timer. */
const EAGER_TURNS = 200
const INTERVAL_MS = 4

/**
 * Resolves when the condition holds. Tests the condition when the word changes, and every
 * INTERVAL_MS, because some platforms miss wake-ups of `Atomics.waitAsync`.
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
