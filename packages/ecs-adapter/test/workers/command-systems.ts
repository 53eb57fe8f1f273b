/** Systems that give commands. */
import type { Component, SystemContext, t } from '@ashlar/ecs-adapter'

type Vector = Component<{ x: typeof t.f32; y: typeof t.f32 }>
type List = ReturnType<typeof t.list<typeof t.eid>>
interface Components {
  readonly Position: Vector
  readonly Velocity: Vector
  readonly Visits: Component<{ count: typeof t.i32 }>
  readonly Life: Component<{ energy: typeof t.i32; seed: typeof t.u32; friend: typeof t.eid }>
  readonly Hot: Component<Readonly<Record<never, never>>>
  readonly Diary: Component<{
    notes: List
    friends: List
    title: typeof t.text
    mood: typeof t.text
  }>
}
type Context = SystemContext<Components>

let lastTemporary = 0

export const commandSystems = {
  /** Each entity has a child, that knows the place of its parent, and what is its own. */
  breed({ components: { Position }, entities, from, commands }: Context) {
    for (let i = 0; i < entities.length; i++) {
      const child = commands.spawn()
      commands.set(child, Position, { x: from + i, y: entities[i] })
      commands.set(entities[i], 'Visits', { count: child === 0 ? -1 : from + i })
    }
  },

  /** As many commands for each entity as `args` says. */
  flood({ components: { Position }, entities, args, commands }: Context) {
    for (const eid of entities) {
      for (let i = 0; i < (args as number); i++) commands.set(eid, Position, { x: i })
    }
  },

  cull({ entities, commands }: Context) {
    for (const eid of entities) commands.despawn(eid)
  },

  /** Gives commands, and then throws at one of the entities. */
  breedAndFail({ entities, args, commands, from }: Context) {
    for (let i = 0; i < entities.length; i++) {
      commands.set(commands.spawn(), 'Position', { x: from + i })
      if (entities[i] === args) throw new RangeError(`entity ${args} is out of its mind`)
    }
  },

  /** Records commands, and stays at some entities until it may go on, or is killed. */
  breedAndHang({ entities, args, arena, commands, from }: Context) {
    for (let i = 0; i < entities.length; i++) {
      commands.set(commands.spawn(), 'Position', { x: from + i })
      for (const { eid, flag } of args as { eid: number; flag: number }[]) {
        if (entities[i] !== eid) continue
        for (let j = 0; j < 1000; j++) commands.spawn()
        stayAt(arena.i32, flag)
      }
    }
  },

  /** Every other batch of 10 records commands. The first reports its worker, and stays. */
  breedSomeAndHang({ args, arena, commands, from, pool }: Context) {
    const { flag, slot, begun } = args as { flag: number; slot: number; begun: number }
    if (from % 20 === 0) commands.set(commands.spawn(), 'Position', { x: from })
    Atomics.add(arena.i32, begun, 1)
    if (from > 0) return
    Atomics.store(arena.i32, slot, pool.slot)
    stayAt(arena.i32, flag)
  },

  breedAndClose({ entities, commands, pool }: Context) {
    for (let i = 0; i < 1000 * entities.length; i++) commands.spawn()
    pool.close()
  },

  /** Uses a temporary id of an earlier call. */
  useStale({ entities, from, commands }: Context) {
    if (from === 0) lastTemporary = commands.spawn()
    for (const _ of entities) commands.add(lastTemporary, 'Visits')
  },

  /** Lives, breeds, writes and dies by chance, which each entity has of its own. */
  live({ components: { Life, Position, Diary }, entities, commands, args }: Context) {
    const { frame } = args as { frame: number }
    for (const eid of entities) {
      const chance = random(Life.seed[eid] + frame)
      Life.energy[eid] -= 1 + (chance & 3)
      Position.x[eid] += 0.25 * (chance & 15) - 1
      if (Life.energy[eid] <= 0) commands.despawn(eid)
      if (((chance >>> 4) & 31) === 0) {
        const child = commands.spawn()
        const seed = random(chance ^ eid)
        commands.add(child, 'Life', { energy: 20 + (seed & 63), seed, friend: eid })
        commands.set(child, Position, { x: Position.x[eid] + 0.5, y: frame })
        if ((seed & 64) !== 0) commands.set(eid, 'Life', { friend: child })
        const title = `child of ${eid}, ${Diary.title.get(eid).slice(-9)}`
        commands.add(child, 'Diary', { notes: [frame, 0.5], friends: [eid, child], title })
      }
      if (((chance >>> 9) & 7) === 0) commands.add(eid, 'Hot')
      if (((chance >>> 12) & 7) === 0) commands.remove(eid, 'Hot')
      const { [eid]: friend } = Life.friend
      keepDiary(Diary, eid, friend, random(chance))
      if (((chance >>> 15) & 7) === 0) commands.set(friend, 'Position', { y: eid / 8 })
      if (((chance >>> 18) & 127) === 0) commands.despawn(friend)
      if (((chance >>> 25) & 63) === 0) commands.remove(friend, Position)
    }
  },
}

const MOODS = ['glad', 'müde', '', 'wild at heart 😀']

/** Changes an entity's lists and texts. */
function keepDiary(
  { notes, friends, title, mood }: Components['Diary'],
  eid: number,
  friend: number,
  chance: number,
): void {
  const length = notes.length(eid)
  if ((chance & 7) < 3) notes.push(eid, (chance >>> 8) / 64)
  else if ((chance & 7) === 3 && length > 0) notes.swapRemoveAt(eid, (chance >>> 4) % length)
  else if ((chance & 127) === 7) notes.clear(eid)
  if (((chance >>> 7) & 15) === 1) friends.push(eid, friend)
  if (((chance >>> 11) & 31) === 1) title.set(eid, `${title.get(eid).slice(-30)}ü${chance & 255}`)
  if (((chance >>> 16) & 31) === 1) mood.set(eid, MOODS[(chance >>> 21) & 3])
}

/** Tells by a word that it is here, by 1, and stays until that is 2: also when it is already. */
export function stayAt(words: Int32Array, flag: number): void {
  Atomics.compareExchange(words, flag, 0, 1)
  while (Atomics.load(words, flag) !== 2);
}

/** 32 bits that look like chance (mulberry32). */
export function random(seed: number): number {
  const state = (seed + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return (mixed ^ (mixed >>> 14)) >>> 0
}
