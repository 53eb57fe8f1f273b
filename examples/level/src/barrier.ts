// Where threads wait for each other: nobody passes before all have come. It lies in the arena.
//
//     word 0 | how many have come in this round
//     word 1 | rounds so far; threads sleep on it
//     word 2 | 1 once somebody has given up
//
// To sleep at once was measured to be as quick as spinning for up to 50 microseconds before, on two
// cores; and where there are more threads than cores, who spins keeps the others from coming.

export const BARRIER_BYTE_LENGTH = 64

export interface Barrier {
  /** Waits until all have come. @throws BarrierAborted when one of them will not */
  wait(): void
  /**
   * Wakes all, now and whenever they come. For whoever cannot come any more, or has seen one die.
   */
  abort(): void
}

/** Another thread gave up: nothing to report, it does so itself. */
export class BarrierAborted extends Error {
  override readonly name = 'BarrierAborted'
}

/** `byteOffset` is that of a block of BARRIER_BYTE_LENGTH, zero at first, in shared memory. */
export function createBarrier(i32: Int32Array, byteOffset: number, threadCount: number): Barrier {
  const arrived = byteOffset >> 2
  const rounds = arrived + 1
  const aborted = arrived + 2

  function nextRound(): void {
    Atomics.add(i32, rounds, 1)
    Atomics.notify(i32, rounds)
  }

  return {
    wait() {
      const round = Atomics.load(i32, rounds)
      if (Atomics.add(i32, arrived, 1) === threadCount - 1) {
        Atomics.store(i32, arrived, 0)
        nextRound()
      }
      // In this order: who comes after the abort has read the round that it began, which nobody
      // ends.
      while (Atomics.load(i32, rounds) === round && Atomics.load(i32, aborted) === 0) {
        Atomics.wait(i32, rounds, round)
      }
      if (Atomics.load(i32, aborted) !== 0) {
        throw new BarrierAborted('another thread gave up, so this one stops, too')
      }
    },
    abort() {
      Atomics.store(i32, aborted, 1)
      nextRound()
    },
  }
}
