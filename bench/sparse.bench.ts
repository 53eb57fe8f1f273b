// A loop over what few entities have: rows of a sparse component against columns by query. See
// README.md.
import { Arena, verify } from '@ashlar/core'
import { type ComponentRows, createSparseComponent, createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, query, type World } from 'bitecs'
import { expect, type Prepared, serveCases } from './case.ts'

const contenders = ['ashlar', 'columns by query']
/** Entities in the world; one in a hundred has the component. */
const entityCounts = { '100k': 100_000, '1m': 1_000_000 }
const ONE_IN = 100

interface Columns {
  readonly heat: Float32Array
  readonly rate: Float32Array
}

function createLoopByQuery(world: World, Burning: Columns): () => void {
  return () => {
    const { heat, rate } = Burning
    const entities = query(world, [Burning])
    for (let i = 0; i < entities.length; i++) {
      const eid = entities[i]
      heat[eid] += rate[eid]
    }
  }
}

function createLoopByRows(rows: ComponentRows & Columns): () => void {
  return () => {
    const { heat, rate } = rows
    for (let row = 0; row < rows.count; row++) heat[row] += rate[row]
  }
}

function prepare(workload: string, contender: string): Prepared {
  const entityCount = Object.entries(entityCounts).find(([name]) => workload.endsWith(name))![1]
  const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: entityCount + 1 })
  const schema = { heat: t.f32, rate: t.f32, light: t.f32, smoke: t.f32 }
  const Burning =
    contender === 'ashlar'
      ? createSparseComponent(storage, 'Burning', schema)
      : storage.component('Burning', schema)
  const owners: number[] = []
  const spawn = (count: number) => {
    for (let i = 0; i < count; i++) {
      const eid = addEntity(world)
      if (eid % ONE_IN !== 0) continue
      addComponent(world, eid, Burning)
      owners.push(eid)
    }
  }
  const rowOf = 'rows' in Burning ? Burning.rows.indexOf : storage.indexOf

  const loop =
    'rows' in Burning ? createLoopByRows(Burning.rows) : createLoopByQuery(world, Burning)
  // Few entities first, as in `ecs.bench.ts`.
  spawn(16 * ONE_IN)
  for (let i = 0; i < 100_000; i++) loop()
  spawn(entityCount - 16 * ONE_IN)
  storage.sync()
  const columns = () => ('rows' in Burning ? Burning.rows : Burning)
  for (const eid of owners) {
    columns().heat[rowOf(eid)] = 0
    columns().rate[rowOf(eid)] = eid % 3
  }
  let passCount = 0
  return {
    checksum: owners.length,
    garbage: 'none',
    unitsPerOp: owners.length,
    round(opCount) {
      for (let i = 0; i < opCount; i++) loop()
      passCount += opCount
    },
    check() {
      // Float32 counts exactly to 2 ** 24, far above the passes of one process.
      for (const eid of owners) {
        expect(columns().heat[rowOf(eid)], passCount * (eid % 3), `heat of entity ${eid}`)
      }
      expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
    },
  }
}

const list = {
  operation: 'entity in a loop over what 1 % have',
  workloads: Object.keys(entityCounts).map((count) => ({ name: `loop-${count}`, contenders })),
}

await serveCases(list, ({ workload, contender }) => prepare(workload, contender))
