// What there is of the swarm, in tables that every thread finds by name.
import { type SystemContext, type Table, t } from '@ashlar/ecs-adapter'

const body = { x: t.f32, y: t.f32, z: t.f32, velocityX: t.f32, velocityY: t.f32, velocityZ: t.f32 }

export const schemas = {
  Boid: body,
  Hawk: body,
  /** One row: what all threads have to know of the present step. */
  Frame: { boidCount: t.i32, gridOffset: t.i32 },
  /** A row for each thread that steers: how many boids its boids have seen, themselves included. */
  Sight: { seenCount: t.f64 },
}

export type Tables = { readonly [name in keyof typeof schemas]: Table<(typeof schemas)[name]> }

/** What the systems are called with; `chunks` are those of the table. */
export type SwarmContext<Name extends keyof Tables = keyof Tables> = SystemContext<
  unknown,
  Tables,
  unknown,
  Name
>
