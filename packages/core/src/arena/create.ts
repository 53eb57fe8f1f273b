/** Adds `create` to the class `Arena`. Users import the class from here, through the entry. */
import { openMemory } from '../memory/memory.ts'
import { Arena as AttachedArena, openArena } from './arena.ts'
import { nextTag, writeControl } from './control.ts'
import { type ArenaOptions, findRegion } from './region.ts'

/**
 * Creates an arena in new memory, or in memory that you pass. The previous contents of that memory
 * are lost.
 *
 * ```ts
 * const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
 * const pool = arena.openPool()
 * const offset = pool.alloc(8)
 * arena.f32[offset >> 2] = 1.5
 * ```
 * @throws ArenaError 'invalid-argument' if an option is wrong; 'not-shareable' if you ask for
 * shared memory and the memory cannot be shared; 'out-of-memory' if the platform has no memory of
 * that length
 */
function create(options: ArenaOptions): Arena {
  const region = findRegion(options)
  writeControl(region, nextTag())
  const { buffer, base, growable, shared } = region
  return openArena(openMemory(buffer, base, growable), shared)
}

/** An arena, as `Arena.create` and `Arena.attach` return it. */
export type Arena = AttachedArena
/**
 * The class of arenas. `Arena.create` makes an arena. `Arena.attach` attaches a thread to the arena
 * of another thread.
 *
 * A thread that only attaches can import `AttachedArena` instead. This is the same class without
 * `create`, so its bundle is smaller.
 */
export const Arena = /* @__PURE__ */ Object.assign(AttachedArena, { create })
