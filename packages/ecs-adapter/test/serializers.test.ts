// What bitECS's serializers make of components of a storage.
import { attachStorage, type Component, createSparseComponent, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createRelation, Pair, set, type World } from 'bitecs'
import {
  createObserverDeserializer,
  createObserverSerializer,
  createSnapshotDeserializer,
  createSnapshotSerializer,
  createSoADeserializer,
  createSoASerializer,
  ref,
} from 'bitecs/serialization'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, createScene, scalars } from './support.ts'

const test = suite('serializers')

const buffer = () => new ArrayBuffer(2 ** 16)
const schema = { target: t.eid, x: t.f32 }
type Link = Component<typeof schema>

/** A scene whose ids are others than those of a scene without `gap`. */
function createPlace(gap = 0) {
  const scene = createScene({ capacity: 4 })
  for (let i = 0; i < gap; i++) addEntity(scene.world)
  return { ...scene, Link: scene.storage.component('Link', schema) }
}

const spawn = (world: World, Link: Link, target: number) => {
  const eid = addEntity(world)
  addComponent(world, eid, set(Link, { target }))
  return eid
}

test('t.eid is a reference: snapshots translate ids, also in columns that grew', () => {
  const [here, there] = [createPlace(), createPlace(50)]
  const eids: number[] = []
  for (let i = 0; i < 40; i++) eids.push(spawn(here.world, here.Link, eids[i - 1] ?? 0))
  const packet = createSnapshotSerializer(here.world, [here.Link], buffer())()
  const map = createSnapshotDeserializer(there.world, [there.Link])(packet)
  for (const [i, eid] of eids.entries()) {
    const expected = i === 0 ? 0 : map.get(eids[i - 1])
    assert.is(there.Link.target[map.get(eid)!], expected)
  }
  for (const { arena } of [here, there]) assertSound(arena)
})

test('t.eid is a reference to the SoA serializer, whole and in diff mode', () => {
  for (const diff of [false, true]) {
    const [here, there] = [createPlace(), createPlace(2)]
    const [a, b] = [addEntity(here.world), spawn(here.world, here.Link, 1)]
    const [otherA, otherB] = [addEntity(there.world), spawn(there.world, there.Link, 0)]
    const packet = createSoASerializer([here.Link], { diff, buffer: buffer() })([b])
    const map = new Map([
      [a, otherA],
      [b, otherB],
    ])
    createSoADeserializer([there.Link], { diff })(packet, map)
    assert.is(there.Link.target[otherB], otherA)
  }
})

test('t.eid is a reference in sparse components, and in another thread; no other type is', () => {
  const { arena, storage } = createScene()
  const All = storage.component('All', scalars)
  const Sparse = createSparseComponent(storage, 'Sparse', scalars)
  const attached = attachStorage(storage.handle, arena.openPool())
  const isReference = Object.getOwnPropertySymbols(ref())[0]
  for (const component of [All, Sparse, attached.components.All, attached.components.Sparse]) {
    for (const [name, column] of Object.entries(component)) {
      assert.is(isReference in column, name === 'eid', name)
    }
  }
  attached.detach()
})

test('packets of observers add components, and their rows hold the values', () => {
  const [here, there] = [createPlace(), createPlace(50)]
  const [Tag, OtherTag] = [{}, {}]
  const observed = createObserverSerializer(here.world, Tag, [here.Link], { buffer: buffer() })
  const eids = [0, 1].map((target) => spawn(here.world, here.Link, target))
  for (const eid of eids) addComponent(here.world, eid, Tag)
  const map = createObserverDeserializer(there.world, OtherTag, [there.Link])(observed())
  const packet = createSoASerializer([here.Link], { buffer: buffer() })(eids)
  createSoADeserializer([there.Link])(packet, map)
  assert.is(there.Link.target[map.get(eids[1])!], map.get(eids[0]))
})

test('docs/with-bitecs.md is right about bitECS', () => {
  const { world, storage } = createScene()
  const Path = storage.component('Path', { x: t.f32, points: t.list(t.f32) })
  const Name = storage.component('Name', { text: t.text })
  assert.throws(() => createSoASerializer([Path]), 'Invalid array type for property points')
  assert.throws(() => createSoADeserializer([Name]), 'Invalid array type for property text')
  // The data of a relation are read by the class of the array: its ids stay as they are.
  const stores = new Map<number, Link>()
  const createStore = (target: number) => {
    const store = storage.component(`Likes ${target}`, schema)
    stores.set(target, store)
    return store
  }
  const Likes = createRelation({ store: createStore as () => Link })
  const [a, b] = [addEntity(world), addEntity(world)]
  addComponent(world, a, Pair(Likes, b))
  stores.get(b)!.target[a] = b
  const packet = createSnapshotSerializer(world, [Likes as object], buffer())()
  const map = createSnapshotDeserializer(world, [Likes as object])(packet)
  assert.is(stores.get(map.get(b)!)!.target[map.get(a)!], b)
})

test.run()
