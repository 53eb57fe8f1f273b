// The components of the scene. All of them lie in the arena, indexed by entity id.
import { createSparseComponent, type Storage, t } from '@ashlar/ecs-adapter'

/**
 * Made when this module is loaded: the workers of a group, which make no components, need the code
 * of the list.
 */
const shot = {
  /** The body that fired it: by its own id. */
  owner: t.i32,
  /** The same as an entity of this shard; none when it, or the shot, has gone to another one. */
  by: t.eid({ weak: true }),
  kind: t.u8,
  heading: t.u8,
  ticsFlown: t.u16,
  /** Where it has come to. */
  toCell: t.i32,
  /** The last positions, x and y in turn. */
  trail: t.list(t.f32),
}

export function createComponents(storage: Storage) {
  return {
    /** Map units. */
    Position: storage.component('Position', { x: t.f32, y: t.f32 }),
    /** Where the entity is in the cell lists: see cell-lists.ts. */
    Place: storage.component('Place', { cell: t.i32, slot: t.i32 }),
    /** Every thing of the level. `type` is its number in the WAD, `radius` is in map units. */
    Body: storage.component('Body', {
      /** From 1, in the order of spawning: entity ids differ between shards, this does not. */
      id: t.i32,
      type: t.i16,
      heading: t.u8,
      radius: t.u8,
      isSolid: t.bool,
      /** 0 for what cannot be hurt, and for who lies on the floor. */
      health: t.i16,
    }),
    /** What walks and shoots. Times are in tics, speed is in map units a tic. */
    Actor: storage.component('Actor', {
      speed: t.u8,
      shotKind: t.i8,
      fullHealth: t.i16,
      ticsToTurn: t.i16,
      /** -1 for those that never do. */
      ticsToFire: t.i16,
      /** Its own sequence of random numbers. */
      random: t.i32,
      /**
       * What it has decided: where it will be after this step, in map units, and the cell there.
       */
      toX: t.f32,
      toY: t.f32,
      toCell: t.i32,
    }),
    /** An actor that lies on the floor, as few do at a time, and how long it still will. */
    Down: createSparseComponent(storage, 'Down', { tics: t.i16 }),
    /** Map units a tic. */
    Velocity: storage.component('Velocity', { x: t.f32, y: t.f32 }),
    /** A projectile. */
    Shot: storage.component('Shot', shot),
  }
}

export type Components = ReturnType<typeof createComponents>
