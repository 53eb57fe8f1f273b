// The workloads by which ECS libraries for JavaScript are compared, in bitECS: Ashlar's columns
// against arrays made by hand; and in Ashlar's tables. See README.md.
import { createWorld } from 'bitecs'
import { type Prepared, serveCases } from './case.ts'
import { addRemove, entityCycle } from './ecs-suite/change.ts'
import { contenders, observed } from './ecs-suite/contenders.ts'
import { fragmented, packed, simple } from './ecs-suite/iterate.ts'
import { hasTables, prepareTables, tables } from './ecs-suite/tables.ts'
import type { Prepared as Entities, Workload } from './ecs-suite/workload.ts'

const workloads: Record<string, Workload> = {
  packed_5: packed,
  simple_iter: simple,
  frag_iter: fragmented,
  entity_cycle: entityCycle,
  add_remove: addRemove,
}

/** Of each kind: see `prepare`. */
const FIRST_ENTITY_COUNT = 16

function prepareEntities(workload: Workload, contender: string): Entities {
  const { componentNames, entityCount, kindCount } = workload
  const world = createWorld()
  // Ids begin at 1, and entity_cycle has as many again.
  const rowCount = entityCount * Math.max(2, kindCount) + 1
  const components = contenders[contender](world, componentNames, rowCount)
  const prepared = workload.prepare(world, components)
  return {
    ...prepared,
    check(passCount) {
      prepared.check(passCount)
      components.check?.()
    },
  }
}

function prepare(workloadName: string, contender: string): Prepared {
  const workload = workloads[workloadName]
  const { entityCount, kindCount, warmUpPassCount, changes } = workload
  const { pass, populate, check } =
    contender === tables ? prepareTables(workloadName) : prepareEntities(workload, contender)
  // Few entities first: a system that is compiled in the middle of a long loop may keep that code.
  populate(FIRST_ENTITY_COUNT)
  for (let i = 0; i < warmUpPassCount; i++) pass()
  populate(entityCount - FIRST_ENTITY_COUNT)
  let passCount = 0
  return {
    checksum: entityCount * kindCount,
    garbage: changes ? 'young' : 'none',
    round(opCount) {
      for (let i = 0; i < opCount; i++) pass()
      passCount += opCount
    },
    check: () => check(passCount),
  }
}

const list = {
  operation: 'pass',
  workloads: Object.entries(workloads).map(([name, { changes }]) => {
    const names = Object.keys(contenders).filter((contender) => changes || contender !== observed)
    return { name, contenders: hasTables(name) ? [...names, tables] : names }
  }),
}

await serveCases(list, ({ workload, contender }) => prepare(workload, contender))
