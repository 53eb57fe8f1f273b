/** Creates arenas. */
import { openMemory } from '../memory/memory.ts'
import { AnyArena, KEY } from './arena.ts'
import { nextTag, writeControl } from './control.ts'
import { type ArenaOptions, findRegion } from './region.ts'

export class Arena extends AnyArena {
  /**
   * Creates an arena in new memory, or in a caller's memory, whose contents are lost.
   * @throws ArenaError 'invalid-argument'; 'not-shareable' if the memory is to be shared but cannot
   * be; 'out-of-memory' if the platform has no memory of that length
   */
  static create(options: ArenaOptions): Arena {
    const region = findRegion(options)
    writeControl(region, nextTag())
    const { buffer, base, growable, shared } = region
    return new Arena(openMemory(buffer, base, growable), shared, KEY)
  }
}
