/** `Arena` as users have it: with the code that creates arenas. */
import { openMemory } from '../memory/memory.ts'
import { Arena as AttachedArena, openArena } from './arena.ts'
import { nextTag, writeControl } from './control.ts'
import { type ArenaOptions, findRegion } from './region.ts'

/**
 * Creates an arena in new memory, or in a caller's memory, whose contents are lost.
 * @throws ArenaError 'invalid-argument'; 'not-shareable' if the memory is to be shared but cannot
 * be; 'out-of-memory' if the platform has no memory of that length
 */
function create(options: ArenaOptions): Arena {
  const region = findRegion(options)
  writeControl(region, nextTag())
  const { buffer, base, growable, shared } = region
  return openArena(openMemory(buffer, base, growable), shared)
}

export type Arena = AttachedArena
export const Arena = /* @__PURE__ */ Object.assign(AttachedArena, { create })
