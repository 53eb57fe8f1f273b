import { createCommands, t } from '@ashlar/ecs-adapter'
import { createScene } from '../support.ts'

export function createGame(options: Parameters<typeof createScene>[0] = {}) {
  const scene = createScene({ capacity: 64, ...options })
  return { ...scene, ...componentsOf(scene), commands: createCommands(scene.storage, scene.pool) }
}

export const componentsOf = ({ storage }: Pick<ReturnType<typeof createScene>, 'storage'>) => ({
  Position: storage.component('Position', { x: t.f32, y: t.f64 }),
  Enemy: storage.component('Enemy', {}),
  Link: storage.component('Link', { to: t.eid, weight: t.u8 }),
})

export function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
