// What TypeScript makes of a schema. The assertions are the types: `tsc` fails where one is wrong.
import {
  type AnyComponent,
  applyCommands,
  attachStorage,
  type Checked,
  type Component,
  type ComponentRows,
  createCommands,
  createSchedule,
  createSparseComponent,
  createStorage,
  createTable,
  createWorkerGroup,
  defineSystems,
  EACH_WORKER,
  joinWorkerGroup,
  type ListField,
  type Schema,
  type SparseComponent,
  type SparseRows,
  type System,
  type SystemContext,
  type Systems,
  type Table,
  type TextField,
  t,
  type Values,
  type WeakEidField,
  type WorkerGroup,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, getComponent, Not, observe, onSet, query, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createScene, scalars } from './support.ts'

const test = suite('types')

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const expectType = <_ extends true>() => {}

test('a sparse component has a type of its own, with the same fields, and rows', () => {
  const { arena, world, storage } = createScene()
  const schema = { heat: t.f32, name: t.text }
  const Burning = createSparseComponent(storage, 'Burning', schema)
  expectType<Equal<typeof Burning, SparseComponent<typeof schema>>>()
  expectType<Equal<(typeof Burning)['rows']['heat'], Float32Array>>()
  expectType<Equal<(typeof Burning)['name'], TextField>>()
  expectType<Equal<Values<typeof Burning>, { heat?: number; name?: string }>>()
  const Flat = storage.component('Flat', schema)
  expectType<Equal<typeof Flat, Component<typeof schema>>>()
  // @ts-expect-error: what is indexed by ids is not what is indexed by rows
  const mistaken: SparseComponent<typeof schema> = Flat
  // @ts-expect-error: nor the other way round
  const mistakenToo: Component<typeof schema> = Burning
  const either: AnyComponent[] = [Burning, Flat] // for what does not index columns
  assert.ok(mistaken && mistakenToo && either)

  // All that takes components takes it.
  const eid = addEntity(world)
  addComponent(world, eid, set(Burning, { heat: 1 } satisfies Values<typeof Burning>))
  observe(world, onSet(Burning), () => {})
  assert.equal(getComponent(world, eid, Burning), { heat: 1, name: '' })
  assert.is(query(world, [Burning, Not(Flat)]).length, 1)
  const commands = createCommands(storage)
  commands.set(eid, Burning, { heat: 3 })
  // @ts-expect-error: its columns are in rows
  assert.throws(() => Burning.heat[eid], TypeError)
  // @ts-expect-error: no such field
  const refused = () => commands.set(eid, Burning, { hear: 2 })
  assert.type(refused, 'function')
  assert.is(applyCommands(storage, commands), 0)
  const attached = attachStorage(storage.handle, arena.openPool())
  const there = attached.components.Burning as typeof Burning
  assert.is(there.rows.heat[there.rows.indexOf(eid)], 3)
  attached.detach()
  const system: System<{ Burning: SparseComponent<typeof schema> }> = ({ components }) => {
    const { rows } = components.Burning
    rows.heat[rows.indexOf(eid)] = 1
  }
  assert.type(system, 'function')

  const rows = Burning.rows
  expectType<Equal<typeof rows, SparseRows<typeof schema>>>()
  expectType<Equal<typeof rows.entities, Int32Array>>()
  const some: ComponentRows = rows
  // @ts-expect-error: lists and texts are not among them
  assert.is(rows.name, undefined)
  assert.is(some, rows)
  assert.is(rows.count, 1)
})

test('a component has the typed arrays of its schema, read-only, and nothing else', () => {
  const { storage } = createScene()
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  const position: { readonly x: Float32Array; readonly y: Float32Array } = Position
  assert.is(position, Position)

  const All = storage.component('All', scalars)
  expectType<Equal<(typeof All)['i8'], Int8Array>>()
  expectType<Equal<(typeof All)['u8'], Uint8Array>>()
  expectType<Equal<(typeof All)['i16'], Int16Array>>()
  expectType<Equal<(typeof All)['u16'], Uint16Array>>()
  expectType<Equal<(typeof All)['i32'], Int32Array>>()
  expectType<Equal<(typeof All)['u32'], Uint32Array>>()
  expectType<Equal<(typeof All)['f32'], Float32Array>>()
  expectType<Equal<(typeof All)['f64'], Float64Array>>()
  expectType<Equal<(typeof All)['eid'], Int32Array>>()

  const Tag = storage.component('Tag', {})
  expectType<Equal<keyof typeof Tag & string, never>>()

  const schema = { hp: t.i16, target: t.eid }
  const Late = storage.component('Late', schema)
  expectType<Equal<typeof Late, Component<typeof schema>>>()
  expectType<Equal<keyof typeof Late & string, 'hp' | 'target'>>()
  expectType<Equal<(typeof Late)['hp'], Int16Array>>()

  // @ts-expect-error: no such field
  assert.is(Position.z, undefined)
  assert.throws(() => {
    // @ts-expect-error: columns are read-only
    Position.x = new Float32Array(1)
  })
})

test('lists and texts have their methods, and views of their element type', () => {
  const { world, storage } = createScene()
  const Path = storage.component('Path', {
    points: t.list(t.f32),
    targets: t.list(t.eid, { weak: true }),
    label: t.text,
    kind: t.text({ interned: true }),
    cost: t.u16,
  })
  expectType<Equal<(typeof Path)['points'], ListField<Float32Array>>>()
  expectType<Equal<(typeof Path)['targets'], ListField<Int32Array>>>()
  expectType<Equal<(typeof Path)['label'], TextField>>()
  expectType<Equal<(typeof Path)['kind'], TextField>>()
  type Given = Values<typeof Path>
  expectType<Equal<Given['points'], ArrayLike<number> | undefined>>()
  expectType<Equal<Given['label'], string | undefined>>()
  expectType<Equal<Given['cost'], number | undefined>>()
  const values = { points: [1, 2], label: 'x' } satisfies Given
  const eid = addEntity(world, set(Path, values))
  const view: Float32Array = Path.points.view(eid)
  assert.equal([...view], [1, 2])
  // @ts-expect-error: a text is no list
  const text: Given = { points: 'ab' }
  // @ts-expect-error: numbers are no text
  const numbers: Given = { label: [1] }
  // @ts-expect-error: no number
  assert.throws(() => Path.points.push(eid, '1'))
  // @ts-expect-error: lists of lists
  assert.throws(() => t.list(t.list(t.f32)))
  assert.throws(() => {
    // @ts-expect-error: fields are read-only
    Path.label = Path.kind
  })
  assert.ok(text && numbers)
})

test('field types are functions of their options', () => {
  const { world, storage } = createScene()
  const schema = {
    points: t.u16({ default: 100 }),
    isAlive: t.bool({ default: true }),
    isBig: t.bool,
    target: t.eid({ weak: true }),
    plain: t.eid,
  }
  const Health = storage.component('Health', schema)
  expectType<Equal<(typeof Health)['points'], Uint16Array>>()
  expectType<Equal<(typeof Health)['isAlive'], Uint8Array>>()
  expectType<Equal<(typeof Health)['target'], WeakEidField>>()
  expectType<Equal<(typeof Health)['plain'], Int32Array>>()
  expectType<
    Equal<
      Values<typeof Health>,
      { points?: number; isAlive?: boolean; isBig?: boolean; target?: number; plain?: number }
    >
  >()
  const Rare = createSparseComponent(storage, 'Rare', schema)
  expectType<Equal<(typeof Rare)['target'], WeakEidField>>()
  expectType<Equal<(typeof Rare)['rows']['isAlive'], Uint8Array>>()
  expectType<Equal<Values<typeof Rare>, Values<typeof Health>>>()
  // @ts-expect-error: it has no column
  assert.is(Rare.rows.target, undefined)
  const eid = addEntity(world, set(Health, { target: 1 } satisfies Values<typeof Health>))
  // @ts-expect-error: a boolean
  const wrong: Values<typeof Health> = { isAlive: 1 }
  assert.ok(wrong)
  // @ts-expect-error: no columns of numbers
  assert.is(Health.target[eid], undefined)
  // @ts-expect-error: a number
  assert.throws(() => t.u8({ default: true }))
  // @ts-expect-error: a boolean
  assert.throws(() => t.bool({ default: 1 }))
  // @ts-expect-error: no such option
  assert.throws(() => t.f32({ defualt: 1 }))
  // @ts-expect-error: only ids are weak
  assert.throws(() => t.u32({ weak: true }))
  // @ts-expect-error: not in lists
  assert.throws(() => t.list(t.eid({ weak: true })))
  // @ts-expect-error: not in tables
  assert.throws(() => createTable(storage, 'Shot', { target: t.eid({ weak: true }) }))
  // @ts-expect-error: bitECS knows the result of set by it
  assert.throws(() => createTable(storage, 'Shot', { data: t.f32 }))
  // @ts-expect-error: chunks have it
  assert.throws(() => createTable(storage, 'Shot', { ids: t.f32 }))
  // @ts-expect-error: chunks have it
  assert.throws(() => createTable(storage.pool, { rowCount: t.f32 }))
})

test('names that no field may have do not compile', () => {
  const { storage } = createScene()
  // @ts-expect-error: bitECS knows the result of set by it
  assert.throws(() => storage.component('A', { data: t.f32 }))
  // @ts-expect-error: so it does by this
  assert.throws(() => storage.component('A', { x: t.f32, component: t.u8 }))
  // @ts-expect-error: every object has it
  assert.throws(() => storage.component('A', { valueOf: t.f32 }))
  // @ts-expect-error: every object has it
  assert.throws(() => createSparseComponent(storage, 'A', { constructor: t.text }))
  // @ts-expect-error: the component has it
  assert.throws(() => createSparseComponent(storage, 'A', { rows: t.list(t.u8) }))
  // @ts-expect-error: the rows have it
  assert.throws(() => createSparseComponent(storage, 'A', { count: t.u8 }))
  // @ts-expect-error: the rows have it
  assert.throws(() => createSparseComponent(storage, 'A', { indexOf: t.u8 }))
  const Odd = createSparseComponent(storage, 'Odd', { rows: t.u8, entities: t.text })
  expectType<Equal<(typeof Odd)['entities'], TextField>>()
  assert.ok(Odd)
})

test('a wrapper passes the check of a schema on', () => {
  const { storage } = createScene()
  const make = <const S extends Schema>(schema: Checked<S>): Component<S> =>
    storage.component<S>('Made', schema)
  const Made = make({ x: t.f32, isOn: t.bool })
  expectType<Equal<(typeof Made)['x'], Float32Array>>()
  expectType<Equal<Values<typeof Made>, { x?: number; isOn?: boolean }>>()
  // @ts-expect-error: bitECS knows the result of set by it
  assert.throws(() => make({ data: t.f32 }))
})

test('what is no schema does not compile', () => {
  const { storage } = createScene()
  // @ts-expect-error: a type by its name
  assert.throws(() => storage.component('A', { x: 'f32' }))
  // @ts-expect-error: a constructor
  assert.throws(() => storage.component('B', { x: Float32Array }))
  // @ts-expect-error: no name
  assert.throws(() => storage.component({ x: t.f32 }))
  // @ts-expect-error: no pool
  assert.throws(() => createStorage({}))
})

test('Values types what set takes, which bitECS leaves open', () => {
  const { storage } = createScene()
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  expectType<Equal<Values<typeof Position>, { x?: number; y?: number }>>()
  const given = set(Position, { x: 1 } satisfies Values<typeof Position>)
  expectType<Equal<(typeof given)['component'], typeof Position>>()
  // @ts-expect-error: no such field
  const typo: Values<typeof Position> = { z: 1 }
  // @ts-expect-error: not a number
  const text: Values<typeof Position> = { x: '1' }
  assert.ok(given && typo && text)
})

test('components by name have the columns of any schema', () => {
  const { storage } = createScene()
  storage.component('Position', { x: t.f32 })
  const { Position } = storage.components
  expectType<Equal<typeof Position, AnyComponent>>()
  const { x } = Position as Component<{ x: typeof t.f32 }>
  x[1] = 2
  assert.is(x[1], 2)
})

test('commands take the values of a component', () => {
  const { storage } = createScene()
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  const Enemy = storage.component('Enemy', {})
  const commands = createCommands(storage)
  const eid = commands.spawn()
  commands.add(eid, Position)
  commands.add(eid, Enemy)
  commands.add(eid, Position, { x: 1 })
  commands.set(eid, Position, { x: 1, y: 2 })
  commands.set(eid, 'Position', { x: 1 })
  commands.remove(eid, 'Enemy')
  const refused = () => {
    // @ts-expect-error no such field
    commands.set(eid, Position, { z: 1 })
    // @ts-expect-error a number
    commands.add(eid, Position, { x: '1' })
    // @ts-expect-error values are needed
    commands.set(eid, Position)
    // @ts-expect-error no entity
    commands.despawn('1')
  }
  assert.type(refused, 'function')
  assert.is(applyCommands(storage, commands), 0)
})

interface Components {
  readonly Position: Component<typeof position>
  readonly Path: Component<typeof path>
}
interface Tables {
  readonly Bullet: Table<typeof bullet>
}
const position = { x: t.f32, y: t.f32 }
const path = { points: t.list(t.f32), label: t.text }
const bullet = { x: t.f32, life: t.i16 }
type Context<A = unknown> = SystemContext<Components, Tables, A>

const systems = defineSystems<Components, Tables>()({
  move({ components: { Position }, entities, args, commands }: Context<{ dt: number }>) {
    for (const eid of entities) Position.x[eid] += args.dt
    for (const eid of entities) commands.set(eid, 'Position', { y: args.dt })
  },
  /** Without an annotation. */
  fly({ components, tables, chunks, args, commands, indexOf }) {
    expectType<Equal<typeof args, unknown>>()
    expectType<Equal<typeof tables, Tables>>()
    for (const { x, life, rowCount } of chunks) {
      for (let row = 0; row < rowCount; row++) x[row] += life[row]
    }
    components.Path.points.push(indexOf(1), 2)
    commands.set(1, 'Path', { points: [1], label: 'x' })
    commands.add(1, components.Position, { x: 1 })
    commands.remove(1, 'Path')
  },
  typos({ components, chunks, commands }) {
    // @ts-expect-error: no such field
    assert.throws(() => commands.set(1, 'Position', { xx: 1 }), /"xx", expected one of x, y/)
    // @ts-expect-error: no such field
    assert.throws(() => commands.add(1, components.Position, { xx: 1 }), /"xx"/)
    // @ts-expect-error: no such component
    assert.throws(() => commands.add(1, 'Positon', { x: 1 }), /Position/)
    // @ts-expect-error: no such component
    assert.throws(() => commands.remove(1, 'Positon'), /Position/)
    // @ts-expect-error: no such component
    assert.throws(() => components.Positon, /Did you mean "Position"\?/)
    // @ts-expect-error: no such field
    for (const { y } of chunks) assert.is(y, undefined)
  },
  each: ({ workerIndex, tables }) => void [tables.Bullet.add(), workerIndex],
  none() {},
  optional: ({ args }: Context<{ n: number } | undefined>) => void args?.n,
})

test('command buffers and attached storages know the names that they are given', () => {
  const { arena, world, storage } = createScene()
  const components = { Position: storage.component('Position', position) }
  const tables = { Bullet: createTable(storage, 'Bullet', bullet) }
  const attached = attachStorage<typeof components, typeof tables>(storage.handle, arena.openPool())
  expectType<Equal<typeof attached.components.Position.x, Float32Array>>()
  assert.is(attached.tables.Bullet.add() > 0, true)
  // @ts-expect-error: no such component
  assert.throws(() => attached.components.Positon, /Did you mean "Position"\?/)
  const eid = addEntity(world)
  for (const commands of [createCommands<typeof components>(storage), createCommands(attached)]) {
    commands.add(eid, 'Position', { x: 1 })
    // @ts-expect-error: no such field
    assert.throws(() => commands.add(eid, 'Position', { xx: 1 }), /"xx"/)
    // @ts-expect-error: no such component
    assert.throws(() => commands.set(eid, 'Positon', { x: 1 }), /Position/)
    commands.dispose()
  }
  attached.detach()
})

test('systems give names, arguments, components and tables to groups and schedules', async () => {
  const { storage } = createScene()
  storage.component('Position', position)
  storage.component('Path', path)
  const Bullet = createTable(storage, 'Bullet', bullet)
  Bullet.add()
  const group = await createWorkerGroup<typeof systems>(storage, [], { systems })
  const inferred = await createWorkerGroup(storage, () => [], { systems })
  expectType<Equal<typeof inferred, WorkerGroup<typeof systems>>>()
  await inferred.close()

  await group.run('move', [1], { dt: 1 })
  await group.run('move', [1], { dt: 1 }, { batchSize: 3 })
  await group.run('fly', Bullet, undefined, { timeoutMs: 5000 })
  group.runSync('typos', Bullet)
  group.runSync('each', EACH_WORKER)
  group.runSync('optional', [])
  group.runSync('optional', [], { n: 1 })
  group.runSync('none', [], undefined, { batchSize: 4 })
  // @ts-expect-error: options after the arguments, also if there are none
  group.runSync('none', [], { batchSize: 4 })
  // @ts-expect-error: no such system
  assert.throws(() => group.runSync('mvoe', [1], { dt: 1 }), /Did you mean "move"\?/)
  // @ts-expect-error: no such argument
  group.runSync('move', [], { td: 1 })
  // @ts-expect-error: arguments are missing
  assert.throws(() => group.runSync('move', [1]), /"move" threw TypeError/)
  // @ts-expect-error: no such argument
  group.runSync('optional', [], { m: 1 })
  // @ts-expect-error: no such option
  assert.throws(() => group.runSync('none', [1], 0, { batchsize: 1 }), /batchsize/)

  const entities = () => [1]
  const schedule = createSchedule(group, [
    { system: 'move', entities, args: () => ({ dt: 1 }), writes: ['Position'], reads: ['Bullet'] },
    { system: 'fly', entities: () => Bullet, writes: [Bullet, { name: 'grid' }] },
    { system: 'none', name: 'last', entities: () => [], after: ['fly'] },
    { system: 'optional', entities },
  ])
  schedule.runSync()
  // @ts-expect-error: no such system
  assert.throws(() => createSchedule(group, [{ system: 'mvoe', entities }]), /"move"/)
  // @ts-expect-error: arguments are missing
  createSchedule(group, [{ system: 'move', entities }])
  // @ts-expect-error: no such argument
  createSchedule(group, [{ system: 'move', entities, args: () => ({ td: 1 }) }])
  assert.throws(
    // @ts-expect-error: no such component
    () => createSchedule(group, [{ system: 'none', entities, writes: ['Positon'] }]),
    /Did you mean "Position"\?/,
  )
  assert.throws(
    // @ts-expect-error: no such table
    () => createSchedule(group, [{ system: 'none', entities, reads: ['Bulet'] }]),
    /Did you mean "Bullet"\?/,
  )
  await group.close()
})

test('what is no system does not compile', () => {
  // @ts-expect-error: no function
  assert.throws(() => defineSystems<Components>()({ move: 5 }), /system move is 5/)
  // @ts-expect-error: no function
  assert.throws(() => joinWorkerGroup(new MessageChannel().port1, { move: 5 }), /system move is 5/)
  const refused = () => {
    // @ts-expect-error: components that are not those of the systems
    defineSystems<Components>()({ move(_: SystemContext<{ Other: Components['Path'] }>) {} })
  }
  assert.type(refused, 'function')
})

test('systems and groups of unknown types take any name', async () => {
  const { storage } = createScene()
  const unknown: Systems = {
    move({ entities, args }) {
      assert.equal([entities[0], args], [1, 5])
    },
  }
  const group: WorkerGroup = await createWorkerGroup(storage, [], { systems: unknown })
  group.runSync('move', [1], 5)
  assert.throws(() => group.runSync('mvoe', [1]), /Did you mean "move"\?/)
  createSchedule(group, [
    { system: 'move', entities: () => [1], args: () => 5, reads: [] },
  ]).runSync()
  await group.close()
})

test.run()
