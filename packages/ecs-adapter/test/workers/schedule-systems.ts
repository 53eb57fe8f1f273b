/** Systems that look at which others run at the same time. */
import type { Component, SystemContext, t } from '@ashlar/ecs-adapter'

interface Components {
  readonly Position: Component<{ x: typeof t.f32; y: typeof t.f32 }>
  readonly Visits: Component<{ count: typeof t.i32 }>
}
type Context = SystemContext<Components>

interface Meeting {
  /** Words. */
  readonly own: number
  readonly others: readonly number[]
}

const MEETING_MS = 10_000

function meetOthers(words: Int32Array, { own, others }: Meeting): void {
  Atomics.store(words, own, 1)
  const end = Date.now() + MEETING_MS
  while (others.some((word) => Atomics.load(words, word) === 0)) {
    if (Date.now() > end) throw new Error('nobody came')
  }
}

export const scheduleSystems = {
  /** Says that it has begun, and waits until all others that it is told of have. */
  meet({ args, arena }: Context) {
    meetOthers(arena.i32, args as Meeting)
  },

  meetAndFail({ args, arena }: Context) {
    meetOthers(arena.i32, args as Meeting)
    throw new Error((args as { name: string }).name)
  },

  /** Throws when one of those that it must not meet is at work while it is. */
  avoid({ entities, args, arena: { i32 } }: Context) {
    const { own, foes } = args as { own: number; foes: number[] }
    Atomics.add(i32, own, 1)
    for (let turn = 0; turn < 50 * entities.length; turn++) {
      if (foes.some((word) => Atomics.load(i32, word) !== 0)) throw new Error('it met a foe')
    }
    Atomics.sub(i32, own, 1)
  },

  /** Each entity has a child that knows whose and which it is; every so manieth dies of it. */
  breedAs({ components: { Position }, entities, from, args, commands }: Context) {
    const { tag, modulus } = args as { tag: number; modulus: number }
    for (let i = 0; i < entities.length; i++) {
      commands.set(commands.spawn(), Position, { x: tag, y: from + i })
      if ((entities[i] + tag) % modulus === 0) commands.despawn(entities[i])
    }
  },

  /** Counts on what there is when its stage begins. */
  tally({ components: { Visits }, entities, args }: Context) {
    for (const eid of entities) Visits.count[eid] += args as number
  },

  failAs({ entities, args }: Context) {
    const { eid, name } = args as { eid: number; name: string }
    if (entities.includes(eid)) throw new RangeError(`${name} fails`)
  },
}
