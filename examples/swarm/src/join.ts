// A worker's part: it runs the systems, over the same tables and grid.
import { joinWorkerGroup, type Port, type System } from '@ashlar/ecs-adapter'
import { createView, type SystemName, systems, type Tables, type View } from './sim/index.ts'

type SwarmSystem = System<unknown, Tables>

/** Joins the group of a swarm; resolves when it is let go. */
export function joinSwarm(port: Port): Promise<void> {
  let view: View | undefined
  const runs = Object.keys(systems).map((name): [string, SwarmSystem] => {
    const system = systems[name as SystemName]
    return [
      name,
      ({ arena, tables, entities }) => {
        view ??= createView({ arena, tables })
        system(view, entities)
      },
    ]
  })
  return joinWorkerGroup(port, Object.fromEntries(runs))
}
