// What each worker tells while it runs, in words of the arena that anyone may look at.

export const METERS_BYTE_LENGTH = 64

/** Their order is that of a worker's words. */
const NAMES = ['steps', 'entities', 'shots', 'allocs'] as const
export type Reading = { readonly [name in (typeof NAMES)[number]]: number }

export interface Meters {
  write(worker: number, reading: Reading): void
  read(worker: number): Reading
  /** Of all workers. */
  sum(name: keyof Reading): number
}

/** `byteOffset` is that of a block of METERS_BYTE_LENGTH for each worker, zero at first. */
export function createMeters(i32: Int32Array, byteOffset: number, workerCount: number): Meters {
  const wordOf = (worker: number, name: keyof Reading) =>
    ((byteOffset + worker * METERS_BYTE_LENGTH) >> 2) + NAMES.indexOf(name)
  const load = (worker: number, name: keyof Reading) => Atomics.load(i32, wordOf(worker, name))
  return {
    write(worker, reading) {
      for (const name of NAMES) Atomics.store(i32, wordOf(worker, name), reading[name])
    },
    read: (worker) => ({
      steps: load(worker, 'steps'),
      entities: load(worker, 'entities'),
      shots: load(worker, 'shots'),
      allocs: load(worker, 'allocs'),
    }),
    sum(name) {
      let total = 0
      for (let worker = 0; worker < workerCount; worker++) total += load(worker, name)
      return total
    },
  }
}
