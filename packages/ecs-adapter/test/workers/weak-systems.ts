/** Systems that follow weak ids. */
import type { Component, SystemContext, t, WeakEidType } from '@ashlar/ecs-adapter'

type Context = SystemContext<{
  readonly Visits: Component<{ count: typeof t.i32 }>
  readonly Aim: Component<{ target: WeakEidType; isIdle: typeof t.bool }>
}>

export const weakSystems = {
  /** Each entity writes down its target, and then aims at itself or, by a command, at the next. */
  chase({ components: { Visits, Aim }, entities, commands }: Context) {
    for (let i = 0; i < entities.length; i++) {
      const eid = entities[i]
      const target = Aim.target.get(eid)
      Visits.count[eid] = target
      Aim.isIdle[eid] = target === 0 ? 1 : 0
      if (eid % 2 === 0) Aim.target.set(eid, eid)
      else commands.set(eid, 'Aim', { target: entities[(i + 1) % entities.length], isIdle: true })
    }
  },
}
