/** Waits until a word of shared memory changes, by blocking or by a promise. */

/**
 * `setImmediate`; undefined in browsers. It is read as a property, because a bundler drops an
 * unused property, but not an unused destructuring.
 */
const setImmediate = (globalThis as { setImmediate?(callback: () => void): unknown }).setImmediate

/** Resolves in a later turn of the event loop, so that messages and timers are handled first. */
export const nextTurn: () => Promise<void> =
  setImmediate !== undefined
    ? () => new Promise((resolve) => void setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel() // in pages, timers take 4 ms or more
          port1.onmessage = () => {
            port1.close()
            resolve()
          }
          port2.postMessage(0)
        })

/**
 * Returns the time in whole milliseconds. V8 would allocate memory for a fraction in each frame.
 */
export const nowMs = () => performance.now() | 0

/**
 * Returns the milliseconds from one `nowMs` to a later one. This is right even if `nowMs` has
 * wrapped around in between, as it does after 24 days.
 */
export const elapsedMs = (from: number, to: number) => (to - from) | 0

/**
 * The longest wait in milliseconds: 12 days. `elapsedMs` cannot distinguish longer times from
 * negative times.
 */
export const WAIT_MS_MAX = 2 ** 30 - 1

/**
 * How often a spin reads the word. This takes about 15 µs, which is the time between two systems of
 * a frame.
 */
const SPIN_COUNT = 2000
/**
 * After this many spins in a row without success, waits sleep without a spin: the other thread is
 * busy or paused.
 */
const VAIN_SPINS_MAX = 8
/**
 * After `VAIN_SPINS_MAX`, one of this many waits still spins, to find out whether spinning helps
 * again.
 */
const PROBE_INTERVAL = 64

/**
 * Blocks a thread until a word changes. It spins before it sleeps, but only while spinning helps. A
 * run of an empty system by two workers takes 4 µs if they spin and 15 µs if they sleep. On busy
 * cores, it takes 50 µs if they spin and 15 µs if they sleep.
 */
export class Waiter {
  #vainSpins = 0

  /**
   * Waits while a word has a value, but at most `timeoutMs` milliseconds. Returns the word's value
   * after the wait.
   */
  waitWhile(words: Int32Array, index: number, value: number, timeoutMs: number): number {
    const isUseful = this.#vainSpins < VAIN_SPINS_MAX || this.#vainSpins % PROBE_INTERVAL === 0
    for (let count = isUseful ? SPIN_COUNT : 1; count > 0; count--) {
      const present = Atomics.load(words, index)
      if (present === value) continue
      this.#vainSpins = 0
      return present
    }
    this.#vainSpins++
    // `| 0` shows V8 that this is an integer. V8 would allocate memory for a number that may be a
    // fraction.
    Atomics.wait(words, index, value, timeoutMs | 0)
    return Atomics.load(words, index)
  }
}

/** Returns whether this thread may block. The main thread of a page may not. */
export function mayBlock(words: Int32Array): boolean {
  try {
    Atomics.wait(words, 0, Atomics.load(words, 0), 0)
    return true
  } catch {
    return false
  }
}

/** `Atomics.waitAsync`, or undefined: it came with ES2024, so some platforms lack it. */
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

/**
 * On a platform without `waitAsync`, a thread tests the word in this many turns of the event loop,
 * and then by timer.
 */
const EAGER_TURNS = 200
const INTERVAL_MS = 4

/**
 * Resolves when the condition holds. It tests the condition when the word changes. It also tests
 * every INTERVAL_MS, because some platforms miss wake-ups of `Atomics.waitAsync`.
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
