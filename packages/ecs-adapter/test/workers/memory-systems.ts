/** Systems that leave no memory. */
import type { SystemContext } from '@ashlar/ecs-adapter'
import { fillUp } from '../support.ts'
import { stayAt } from './command-systems.ts'

interface FillArgs {
  /** Words: for each worker by its place, where the chain of what it took begins. */
  readonly heads: number
}

export const memorySystems = {
  /** Takes all memory: each block holds the offset of the one that was taken before it. */
  takeAll({ args, from, pool, arena }: SystemContext) {
    const head = (args as FillArgs).heads + from
    for (const offset of fillUp(pool, 4)) {
      arena.i32[offset >> 2] = arena.i32[head]
      arena.i32[head] = offset
    }
  },

  /** Records commands and uses scratch while there is memory; stays until released or killed. */
  stayInFull({ args, from, arena, commands, scratch }: SystemContext) {
    const { place, flag } = args as { place: number; flag: number }
    for (const take of [() => scratch.alloc(16), () => commands.spawn()]) {
      try {
        for (;;) take()
      } catch {
        // there is no more
      }
    }
    if (from === place) stayAt(arena.i32, flag)
  },
}

/** What `takeAll` took: its offsets, of all workers. */
export function takenBy(words: Int32Array, heads: number, workerCount: number): number[] {
  const taken: number[] = []
  for (let place = 0; place < workerCount; place++) {
    for (let offset = words[heads + place]; offset !== 0; offset = words[offset >> 2]) {
      taken.push(offset)
    }
  }
  return taken
}
