// The facts about bitECS that `bitecs-internals.ts` relies on, checked through public calls: a
// version of bitECS that behaves differently fails here first.
import {
  And,
  addComponent,
  addEntity,
  addPrefab,
  commitRemovals,
  createEntityIndex,
  createRelation,
  createWorld,
  deleteWorld,
  getComponent,
  getEntityComponents,
  getRelationTargets,
  hasComponent,
  IsA,
  Not,
  observe,
  onAdd,
  onRemove,
  onSet,
  Pair,
  query,
  registerComponent,
  registerQuery,
  removeComponent,
  removeEntity,
  removeQuery,
  resetWorld,
  set,
  Wildcard,
  type World,
  withAutoRemoveSubject,
  withStore,
  withVersioning,
} from 'bitecs'
import { ref, str } from 'bitecs/serialization'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  hide,
  isMadeIn,
  isMember,
  isPair,
  isRelation,
  isWildcard,
  isWorld,
  markReferences,
  onAddition,
  onEnter,
  onLeave,
  pairToRelation,
  registerEveryone,
  rememberQueries,
  shareIndex,
  skipNoObservers,
  WorldContexts,
} from '../../src/world/bitecs-internals.ts'
import {
  BoundComponent,
  ComponentWatcher,
  uncover,
  watch,
} from '../../src/world/component-watcher.ts'

const test = suite('bitecs-internals')

const createPair = (options?: ReturnType<typeof withVersioning>) => {
  const index = createEntityIndex(options)
  const all: World[] = [createWorld(index), createWorld(index)]
  return { index, all, level: all[0], menu: all[1], contexts: new WorldContexts(all) }
}

/** Logs each question of bitECS, and how far its addition or removal had come. */
class Log extends ComponentWatcher {
  readonly entries: unknown[] = []
  readonly component = new BoundComponent(this)

  onAskedSlow(component: object): true | undefined {
    this.entries.push(component === this.component ? 'asked' : 'asked for heir')
    return isPair(component) ? true : undefined
  }

  becomeUsual(idCount: number): void {
    this.usual = this.component
    this.coveredIdCount = idCount
  }
}

test('a hidden property marks worlds until deleteWorld; they share the index given', () => {
  const { all, level, menu } = createPair()
  for (const given of [null, undefined, 1, 'world', {}, [], () => {}]) assert.not.ok(isWorld(given))
  assert.ok(all.every(isWorld))
  assert.ok(shareIndex(level, menu))
  assert.not.ok(shareIndex(level, createWorld()))
  deleteWorld(menu)
  assert.not.ok(isWorld(menu))
})

test('an entity is in one world only, with another Set of components in each life', () => {
  const { level, menu, contexts } = createPair()
  const eid = addEntity(menu)
  const own = contexts.componentsOf(eid)
  assert.is(contexts.of(eid), menu)
  assert.equal([isMadeIn(level, eid), isMadeIn(menu, eid)], [false, true])
  const Tag = {}
  addComponent(menu, eid, Tag)
  assert.is(contexts.componentsOf(eid), own)
  assert.equal([...(own ?? [])], [Tag])
  removeEntity(menu, eid)
  assert.equal([contexts.componentsOf(eid), contexts.of(eid)], [undefined, undefined])
  assert.is(addEntity(level), eid, 'a removed id is given out at once, by any world of the index')
  assert.is(contexts.of(eid), level)
  assert.is.not(contexts.componentsOf(eid), own)
})

test('the index has the ids in use first; removal keeps no order', () => {
  for (const options of [undefined, withVersioning(8)]) {
    const { all, contexts, index } = createPair(options)
    const eids = Array.from({ length: 6 }, (_, i) => addEntity(all[i % 2]))
    assert.equal(eids, [1, 2, 3, 4, 5, 6])
    removeEntity(all[1], 6)
    removeEntity(all[0], 3)
    assert.equal([contexts.aliveCount, index.maxId], [4, 6])
    const words = new Int32Array(6)
    contexts.storeIds(words, 1)
    assert.equal([...words.subarray(1, 5)].sort(), [1, 2, 4, 5])
    assert.equal([words[0], words[5]], [0, 0])
    assert.ok(contexts.areIds(words, 1))
    words[2] ^= 8
    assert.not.ok(contexts.areIds(words, 1))
    assert.is(contexts.isVersioned, options !== undefined)
    const again = addEntity(all[0])
    assert.is(again & contexts.entityMask, 3)
    assert.is(again === 3, options === undefined)
  }
})

test('isAlive: false during a removal, true for a versioned id that bitECS loses', () => {
  for (const options of [undefined, withVersioning(8)]) {
    const { level, menu, all, contexts } = createPair(options)
    const everyone = all.map(registerEveryone)
    const isAlive = (eid: number) => contexts.isAlive(eid, everyone)
    const seen: boolean[] = []
    const stop = onLeave(everyone[0], (eid) => seen.push(isAlive(eid)))
    const eids = [addEntity(level), addEntity(level), addEntity(menu)]
    assert.ok(eids.every(isAlive))
    removeEntity(level, eids[0])
    assert.equal(seen, [false])
    assert.not.ok(isAlive(eids[0]))
    removeEntity(level, eids[1])
    const again = [addEntity(level), addEntity(level)]
    assert.ok(again.every(isAlive))
    assert.is(eids.slice(0, 2).every(isAlive), options === undefined)
    stop()
    removeEntity(level, again[0])
    assert.is(seen.length, 2)
  }
})

test('registerEveryone has every entity, prefabs too, made before or after it', () => {
  const world = createWorld()
  const before = [addEntity(world), addPrefab(world)]
  assert.not.ok(isMember(registerQuery(world, [Not({})]), before[1]), 'a new query lacks prefabs')
  const everyone = registerEveryone(world)
  const after = [addEntity(world), addPrefab(world)]
  addComponent(world, after[0], {})
  for (const eid of [...before, ...after]) assert.ok(isMember(everyone, eid), String(eid))
  const left: number[] = []
  onLeave(everyone, (eid) => left.push(eid))
  for (const eid of [...before, ...after]) removeEntity(world, eid)
  assert.equal(left, [...before, ...after])
})

test('resetWorld empties a world and gives it an index of its own; reset shares one again', () => {
  const { level, menu, index, contexts } = createPair()
  addComponent(level, addPrefab(level), Pair(createRelation(), addEntity(level)))
  assert.equal([contexts.havePrefabs, contexts.haveRelations], [true, true])
  assert.ok(contexts.haveIndex(index))
  resetWorld(menu)
  assert.not.ok(contexts.haveIndex(index))
  assert.not.ok(shareIndex(level, menu))
  contexts.reset()
  assert.ok(contexts.haveIndex(contexts.entityIndex))
  assert.is.not(contexts.entityIndex, index)
  assert.ok(shareIndex(level, menu))
  assert.equal([contexts.havePrefabs, contexts.haveRelations], [false, false])
  assert.equal([addEntity(level), addEntity(menu)], [1, 2])
})

test('havePrefabs and haveRelations: from the first prefab or relation of any world', () => {
  const { level, menu, contexts } = createPair()
  assert.equal([contexts.havePrefabs, contexts.haveRelations], [false, false])
  addComponent(level, addEntity(level), {})
  assert.equal([contexts.havePrefabs, contexts.haveRelations], [false, false])
  addPrefab(menu)
  assert.equal([contexts.havePrefabs, contexts.haveRelations], [true, false])
  addComponent(level, addEntity(level), Pair(createRelation(), addEntity(level)))
  assert.is(contexts.haveRelations, true)
})

test('an entity that leaves a query stays in it until the next query, and may come back', () => {
  const world = createWorld()
  const Tag = {}
  const tagged = registerQuery(world, [Tag])
  const log: string[] = []
  const ends = [
    onEnter(tagged, (eid) => log.push(`enter ${eid}, ${isMember(tagged, eid)}`)),
    onLeave(tagged, (eid) => log.push(`leave ${eid}, ${isMember(tagged, eid)}`)),
  ]
  const [first, second] = [addEntity(world), addEntity(world)]
  for (const eid of [first, second]) addComponent(world, eid, Tag)
  removeComponent(world, first, Tag)
  assert.equal([tagged.has(first), isMember(tagged, first)], [true, false])
  addComponent(world, first, Tag)
  assert.ok(isMember(tagged, first))
  removeEntity(world, second)
  assert.equal([tagged.has(second), isMember(tagged, second)], [true, false])
  commitRemovals(world)
  assert.not.ok(tagged.has(second))
  const expected = ['enter 1, true', 'enter 2, true', 'leave 1, false', 'enter 1, true']
  assert.equal(log, [...expected, 'leave 2, false'])
  for (const end of ends) end()
  removeEntity(world, first)
  assert.is(log.length, 5)
})

test('onAddition: each addition, before any query; no removal, no query of a world', () => {
  const world = createWorld()
  const [Tag, Other] = [{}, {}]
  const log: string[] = []
  const end = onAddition(world, Tag, (eid) => log.push(`added ${eid}`))
  const { queries } = new WorldContexts([world]).contexts[0]
  assert.is(queries.size, 0)
  observe(world, onAdd(Tag), (eid) => log.push(`add ${eid}`))
  observe(world, onRemove(Tag), (eid) => log.push(`remove ${eid}`))
  const take = () => log.splice(0)
  const eid = addEntity(world, Tag)
  assert.equal(take(), ['added 1', 'add 1'])
  for (let i = 0; i < 2; i++) addComponent(world, eid, Tag)
  addComponent(world, eid, Other)
  assert.equal(take(), [])
  for (let i = 0; i < 2; i++) {
    removeComponent(world, eid, Tag)
    addComponent(world, eid, Tag)
    assert.equal(take(), ['remove 1', 'added 1', 'add 1'])
  }
  addComponent(world, addPrefab(world), Tag)
  removeQuery(world, [Tag])
  removeEntity(world, eid)
  assert.equal(take(), [])
  assert.is(addEntity(world, Tag), eid)
  assert.equal(take(), ['added 1'], 'bitECS keeps the member of a removed query')
  assert.equal([...query(world, [Tag])], [eid])
  end()
  addEntity(world, Tag)
  assert.equal(take(), ['add 3'])
})

test('skipNoObservers: observers are told all the same, in the order of subscription', () => {
  const world = createWorld()
  const [Tag, Other] = [{}, {}]
  const tagged = registerQuery(world, [Tag])
  for (let i = 0; i < 3; i++) skipNoObservers(tagged) // once for each component of a query
  const log: string[] = []
  const [eid, other] = [addEntity(world, Tag), addEntity(world, Tag, Other)]
  removeComponent(world, eid, Tag)
  assert.equal([...query(world, [Tag])], [other], 'without observers, members still change')
  const { subscribe } = tagged.addObservable
  const ends = [
    observe(world, onAdd(Tag), (one) => log.push(`first ${one}`)),
    subscribe((one) => void log.push(`second ${one}`)),
    observe(world, onRemove(Tag), (one) => log.push(`removed ${one}`)),
    subscribe((one) => void log.push(`third ${one}`)),
  ]
  addComponent(world, eid, Tag)
  removeEntity(world, eid)
  assert.equal(log.splice(0), ['first 1', 'second 1', 'third 1', 'removed 1'])
  ends[0]()
  ends[2]()
  removeComponent(world, other, Tag)
  addComponent(world, other, Tag)
  assert.equal(log.splice(0), ['second 2', 'third 2'])
  ends[1]()
  ends[3]()
  removeComponent(world, other, Tag)
  assert.equal(log, [])
})

test('observers run in the order of subscription; And(component) is a query of its own', () => {
  const world = createWorld()
  const Tag = {}
  const log: string[] = []
  onEnter(registerQuery(world, [And(Tag)]), () => log.push('own'))
  onEnter(registerQuery(world, [Tag]), () => log.push('first'))
  observe(world, onAdd(Tag), () => log.push('second'))
  addComponent(world, addEntity(world), Tag)
  assert.equal(log, ['own', 'first', 'second'])
})

test('hide takes a component off during its addition: no other observer runs', () => {
  const world = createWorld()
  const [Tag, Other] = [{}, {}]
  const own = registerQuery(world, [And(Tag)])
  const log: string[] = []
  const end = onEnter(own, (eid) => hide(world, own, eid, Tag))
  observe(world, onAdd(Tag), () => log.push('add'))
  observe(world, onRemove(Tag), () => log.push('remove'))
  observe(world, onAdd(Tag, Other), () => log.push('both'))
  const eid = addEntity(world)
  addComponent(world, eid, Other)
  addComponent(world, eid, Tag)
  assert.equal([log, hasComponent(world, eid, Tag), isMember(own, eid)], [[], false, false])
  // bitECS lists it nevertheless: whoever hides it has to add it again, or to take it off the list.
  assert.ok(getEntityComponents(world, eid).includes(Tag))
  new WorldContexts([world]).componentsOf(eid)?.delete(Tag)
  assert.equal(getEntityComponents(world, eid), [Other])
  end()
  addComponent(world, eid, Tag)
  assert.equal([log, hasComponent(world, eid, Tag)], [['add', 'both'], true])
})

test('rememberQueries puts an entity back that an observer keeps by throwing', () => {
  const world = createWorld()
  const [Tag, Lost] = [{}, {}]
  const queries = [registerQuery(world, [Tag]), registerQuery(world, [Tag, Not(Lost)])]
  const withLost = registerQuery(world, [Lost])
  const eid = addEntity(world)
  for (const component of [Tag, Lost]) addComponent(world, eid, component)
  const putBack = rememberQueries(world, eid)
  const end = onLeave(withLost, () => {
    end()
    removeComponent(world, eid, Lost)
    throw new Error('stay')
  })
  assert.throws(() => removeEntity(world, eid), 'stay')
  assert.not.ok(isMember(queries[0], eid), 'bitECS has taken it out')
  putBack()
  assert.equal([...query(world, [Tag])], [eid])
  assert.equal([...query(world, [Lost])], [], 'it lost what it was there for')
})

test('bitECS asks at the end of each addition and each removeComponent, prefabs’ too', () => {
  const world = createWorld()
  const watcher = new Log(new WorldContexts([world]))
  const { component, entries } = watcher
  registerComponent(world, component)
  watch(world, component)
  observe(world, onAdd(component), () => entries.push('add'))
  observe(world, onSet(component), () => entries.push('set'))
  observe(world, onRemove(component), () => entries.push('remove'))
  const take = () => entries.splice(0)
  const eid = addEntity(world)
  addComponent(world, eid, set(component, {}))
  assert.equal(take(), ['add', 'set', 'asked'])
  addComponent(world, eid, component)
  assert.equal(take(), [], 'an addition that changes nothing is not asked about')
  removeComponent(world, eid, component)
  assert.equal(take(), ['remove', 'asked'])
  const prefab = addPrefab(world)
  addComponent(world, prefab, component)
  assert.equal(take(), ['asked'], 'prefabs take part in no query')
  addComponent(world, addEntity(world), IsA(prefab))
  assert.ok(take().includes('add'), 'instances do')
  const whole = addEntity(world)
  addComponent(world, whole, component)
  take()
  removeEntity(world, whole)
  assert.equal(take(), ['remove'], 'bitECS does not ask about an entity that is removed whole')
  removeEntity(world, prefab)
  assert.equal(take(), ['asked'], 'but about the components of those that were related to it')
  const heir = Object.create(component)
  addComponent(world, eid, heir)
  assert.equal(take(), ['asked for heir'])
})

test('bitECS reads the queries of a component as often as it asks, but for new queries', () => {
  const world = createWorld()
  const watcher = new Log(new WorldContexts([world]))
  const { component } = watcher
  registerComponent(world, component)
  watch(world, component)
  watcher.becomeUsual(Number.POSITIVE_INFINITY)
  const prefab = addPrefab(world)
  for (const eid of [prefab, addEntity(world), addEntity(world)]) {
    addComponent(world, eid, component)
    removeComponent(world, eid, component)
    addComponent(world, eid, set(component, {}))
  }
  addComponent(world, prefab, component)
  removeEntity(world, 2)
  assert.is(watcher.balance, 0)
  for (let i = 0; i < 2; i++) query(world, [component])
  assert.is(watcher.balance, 0)
  const other = createWorld()
  addComponent(other, addEntity(other), component)
  assert.is(watcher.balance, 1)
})

test('while covered ids suffice, the watcher only counts; a reset ends that', () => {
  const world = createWorld()
  const watcher = new Log(new WorldContexts([world]))
  watcher.becomeUsual(3)
  for (let i = 1; i <= 2; i++) addComponent(world, addEntity(world), watcher.component)
  assert.equal([watcher.balance, watcher.entries], [2, []])
  addComponent(world, addEntity(world), watcher.component)
  assert.equal([watcher.balance, watcher.entries], [2, ['asked']])
  resetWorld(world)
  addComponent(world, addEntity(world), watcher.component)
  assert.equal([watcher.balance, watcher.entries], [2, ['asked', 'asked']])
})

test('a pair hides the getter until a world with prefabs reads `queries`', () => {
  for (const hasPrefabs of [false, true]) {
    const world = createWorld()
    const watcher = new Log(new WorldContexts([world]))
    const { entries } = watcher
    const component: object = watcher.component
    const Near = createRelation(
      withStore((target) => (typeof target === 'number' ? component : {})),
    )
    registerComponent(world, component)
    watch(world, component)
    watcher.becomeUsual(0)
    if (hasPrefabs) addPrefab(world)
    const [subject, target] = [addEntity(world), addEntity(world)]
    assert.is(Near(target), component)
    addComponent(world, subject, component)
    assert.equal(getRelationTargets(world, subject, Near), [target], 'it works as a pair')
    assert.equal(entries, hasPrefabs ? ['asked'] : [])
    assert.is(watcher.usual, hasPrefabs ? undefined : component)
    uncover(component)
    assert.is(watcher.usual, undefined)
  }
})

test('relations, pairs and the wildcard have marks; autoRemoveSubject removes subjects', () => {
  const world = createWorld()
  const ChildOf = createRelation(withAutoRemoveSubject)
  const pair = Pair(ChildOf, addEntity(world)) as object
  assert.equal([isRelation(ChildOf), isRelation(IsA), isRelation(pair)], [true, true, false])
  assert.equal([isPair(pair), isPair({}), isPair(ChildOf)], [true, false, false])
  assert.equal([isWildcard(Wildcard), isWildcard(ChildOf)], [true, false])
  assert.is(pairToRelation(pair), ChildOf)
  assert.is(pairToRelation(ChildOf), ChildOf)
  assert.ok(isPair(Pair(ChildOf, Wildcard) as object))
  const contexts = new WorldContexts([world])
  const child = addEntity(world)
  addComponent(world, child, pair)
  removeEntity(world, 1)
  assert.is(contexts.componentsOf(child), undefined)
  assert.is(contexts.aliveCount, 0)
})

test('getComponent gives what observers of its record return', () => {
  const world = createWorld()
  const watcher = new Log(new WorldContexts([world]))
  registerComponent(world, watcher.component)
  watch(world, watcher.component)
  const eid = addEntity(world)
  addComponent(world, eid, watcher.component)
  assert.equal(getComponent(world, eid, watcher.component), {})
  watch(world, {}) // of what the world has not registered, nothing
})

test('arrays of ids have the mark that ref() gives', () => {
  const symbolsOf = (what: object) => Object.getOwnPropertySymbols(what)
  const ids = new Uint32Array(1)
  markReferences(ids)
  const own = symbolsOf(ids)
  assert.is(own.length, 1)
  assert.ok(symbolsOf(ref([])).includes(own[0]))
  assert.not.ok(symbolsOf(str([])).includes(own[0]))
})

test.run()
