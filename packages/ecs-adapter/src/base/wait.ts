/** Waiting for a word of shared memory: blocking, or as a promise. */

/** Not of the web. */
const { setImmediate } = globalThis as { setImmediate?(callback: () => void): unknown }

/** Lets the platform deal with events: messages, timers. */
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

/** In whole milliseconds: a fraction would be an object in V8, and so garbage in each frame. */
export const nowMs = () => performance.now() | 0

/** From one `nowMs` to another, which wraps after 24 days. */
export const elapsedMs = (from: number, to: number) => (to - from) | 0

/** The longest that timers and deadlines tell from the past: 12 days. */
export const WAIT_MS_MAX = 2 ** 30

/** About 15 µs: a frame's systems follow one another at such distances. */
const SPIN_COUNT = 2000
/** So many times in a row it was in vain: the other thread is busy for longer, or has no core. */
const VAIN_SPINS_MAX = 8
/** Then it is tried again now and then. */
const PROBE_INTERVAL = 64

/**
 * Blocks a thread. It looks a number of times before it goes to sleep, as long as that is of use: with
 * free cores a run of an empty system by two workers takes 4 µs, by sleeping 15; where others use the
 * cores it is 15 by sleeping, and 50 by looking.
 */
export class Waiter {
  #vainSpins = 0

  /** Waits until a word is no longer `value`, or for so long; gives what it is then. */
  waitWhile(words: Int32Array, index: number, value: number, timeoutMs: number): number {
    const isUseful = this.#vainSpins < VAIN_SPINS_MAX || this.#vainSpins % PROBE_INTERVAL === 0
    for (let count = isUseful ? SPIN_COUNT : 1; count > 0; count--) {
      const present = Atomics.load(words, index)
      if (present === value) continue
      this.#vainSpins = 0
      return present
    }
    this.#vainSpins++
    // As a small integer: V8 would box what it takes for a fraction.
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

/** Of ES2024, where it is there. */
type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
  timeoutMs?: number,
) => { readonly value: 'not-equal' | 'timed-out' | Promise<'ok' | 'timed-out'> }

const { waitAsync } = Atomics as { waitAsync?: WaitAsync }

/** Turns in which a thread that cannot be told looks for itself, before it looks only now and then. */
const EAGER_TURNS = 200

/**
 * Resolves when the condition holds. It is looked at whenever the word has changed, and every
 * `intervalMs` besides: not all platforms that have `Atomics.waitAsync` keep its word.
 */
export async function untilTrue(
  words: Int32Array,
  index: number,
  condition: () => boolean,
  intervalMs = 4,
): Promise<void> {
  for (let turn = 0; ; turn++) {
    const value = Atomics.load(words, index)
    if (condition()) return
    if (waitAsync === undefined && turn < EAGER_TURNS) {
      await nextTurn()
      continue
    }
    await new Promise<unknown>((resolve) => {
      const timer = setTimeout(resolve, intervalMs)
      const waiting = waitAsync?.(words, index, value, intervalMs * 2).value
      if (waiting === undefined) return
      Promise.resolve(waiting).then((result) => {
        clearTimeout(timer)
        resolve(result)
      })
    })
  }
}
