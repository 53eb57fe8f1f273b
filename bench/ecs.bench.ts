// position += velocity in bitECS: Ashlar's columns against arrays made by hand. See README.md.
import { Arena, verify } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, query, type World } from 'bitecs'
import { expect, type Prepared, serveCases } from './case.ts'

interface Vector {
  x: Float32Array | number[]
  y: Float32Array | number[]
}

interface Components {
  readonly Position: Vector
  readonly Velocity: Vector
  /** Throws when the columns are not where the contender says they are. */
  check?(): void
}

/** Rows 0 to rowCount - 1; bitECS numbers its entities from 1. */
type MakeComponents = (world: World, rowCount: number) => Components

const columns = (make: (rowCount: number) => Float32Array | number[]): MakeComponents => {
  const vector = (rowCount: number) => ({ x: make(rowCount), y: make(rowCount) })
  return (_, rowCount) => ({ Position: vector(rowCount), Velocity: vector(rowCount) })
}

const contenders: Record<string, MakeComponents> = {
  ashlar: ashlarColumns,
  Float32Array: columns((rowCount) => new Float32Array(rowCount)),
  'Float32Array, shared': columns(
    (rowCount) => new Float32Array(new SharedArrayBuffer(rowCount * 4)),
  ),
  'number[]': columns((rowCount) => new Array(rowCount).fill(0)),
}

function ashlarColumns(world: World, rowCount: number): Components {
  const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
  const storage = createStorage(world, arena.openPool(), { capacity: rowCount })
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  const Velocity = storage.component('Velocity', { x: t.f32, y: t.f32 })
  return {
    Position,
    Velocity,
    check() {
      for (const column of [Position.x, Position.y, Velocity.x, Velocity.y]) {
        expect(column.buffer === arena.buffer, true, 'column lies in the arena')
      }
      expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
    },
  }
}

// An index, not `for ... of`: that takes V8 1.4 or 7.5 ns per entity, by chance, as it enters
// compiled code at the head of a system or amid its loop, where the iterator stays an object.

/** Columns read from the component at each use. */
function moveByProperty(world: World, { Position, Velocity }: Components): void {
  const entities = query(world, [Position, Velocity])
  for (let i = 0; i < entities.length; i++) {
    const eid = entities[i]
    Position.x[eid] += Velocity.x[eid]
    Position.y[eid] += Velocity.y[eid]
  }
}

/** Columns read once per run of the system. */
function moveHoisted(world: World, { Position, Velocity }: Components): void {
  const { x, y } = Position
  const { x: velocityX, y: velocityY } = Velocity
  const entities = query(world, [Position, Velocity])
  for (let i = 0; i < entities.length; i++) {
    const eid = entities[i]
    x[eid] += velocityX[eid]
    y[eid] += velocityY[eid]
  }
}

const systems = { property: moveByProperty, hoisted: moveHoisted }
const entityCounts = { '1k': 1_000, '10k': 10_000, '100k': 100_000 }

const workloads = Object.entries(systems).flatMap(([style, system]) =>
  Object.entries(entityCounts).map(([count, entityCount]) => {
    return { name: `${style}-${count}`, system, entityCount }
  }),
)

function prepare(workloadName: string, contender: string): Prepared {
  const { system, entityCount } = workloads.find(({ name }) => name === workloadName)!
  const world = createWorld()
  const components = contenders[contender](world, entityCount + 1)
  const { Position, Velocity } = components
  const spawn = (count: number) => {
    for (let i = 0; i < count; i++) {
      const eid = addEntity(world)
      addComponent(world, eid, Position)
      addComponent(world, eid, Velocity)
      Velocity.x[eid] = 1
      Velocity.y[eid] = -1
    }
  }
  // Few entities first: a system that is compiled in the middle of a long loop may keep that code,
  // a quarter slower in V8, and whether it does is chance.
  spawn(16)
  for (let i = 0; i < 100_000; i++) system(world, components)
  spawn(entityCount - 16)
  for (const eid of query(world, [Position])) Position.x[eid] = Position.y[eid] = 0
  let passCount = 0
  return {
    checksum: entityCount,
    garbage: 'none',
    unitsPerOp: entityCount,
    round(opCount) {
      for (let i = 0; i < opCount; i++) system(world, components)
      passCount += opCount
    },
    check() {
      // Float32 counts exactly to 2 ** 24, far above the passes of one process.
      for (const eid of query(world, [Position, Velocity])) {
        expect(Position.x[eid], passCount, `x of entity ${eid}`)
        expect(Position.y[eid], -passCount, `y of entity ${eid}`)
      }
      components.check?.()
    },
  }
}

const contenderNames = Object.keys(contenders)
const list = {
  operation: 'entity moved',
  workloads: workloads.map(({ name }) => ({ name, contenders: contenderNames })),
}

await serveCases(list, ({ workload, contender }) => prepare(workload, contender))
