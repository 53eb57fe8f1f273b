// Scenes for the tests of lists and texts in attached threads.

import type { Pool } from '@ashlar/core'
import { blocks } from '@ashlar/core'
import {
  type AttachedStorage,
  attachStorage,
  type Component,
  type Schema,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity } from 'bitecs'
import * as assert from 'uvu/assert'
import { assertSound, createScene, type Scene } from './support.ts'

export const schema = {
  points: t.list(t.f32),
  targets: t.list(t.eid, { weak: true }),
  weight: t.f64,
  label: t.text,
  kind: t.text({ interned: true }),
} satisfies Schema

export type Path = Component<typeof schema>

export const pathOf = ({ components }: AttachedStorage) => components.Path as Path

/** A storage with a component `Path`, and threads that are attached to it. */
export function createPaths(options: Parameters<typeof createScene>[0] = {}, threadCount = 1) {
  const scene = createScene({ capacity: 4, ...options })
  const { arena, world, storage } = scene
  const Path = storage.component('Path', schema)
  const spawn = () => {
    const eid = addEntity(world)
    addComponent(world, eid, Path)
    return eid
  }
  const threads = Array.from({ length: threadCount }, () => {
    const pool = arena.openPool()
    return { pool, attached: attachStorage(storage.handle, pool) }
  })
  const [{ pool: theirPool, attached }] = threads
  return { ...scene, Path, spawn, threads, theirPool, attached, seen: pathOf(attached) }
}

/** Nothing is left but what others hold. */
export function disposeAll({ arena, storage, pool }: Scene, others: readonly Pool[]): void {
  assertSound(arena)
  storage.dispose()
  pool.flush()
  for (const other of others) if (other.isOpen) other.collect()
  pool.collect()
  assertSound(arena)
  assert.equal(blocks(arena), [], 'blocks left after dispose')
}

export function endAll(scene: ReturnType<typeof createPaths>): void {
  for (const { attached, pool } of scene.threads) {
    attached.detach()
    if (pool.isOpen) pool.flush()
  }
  const pools = scene.threads.map(({ pool }) => pool)
  disposeAll(scene, pools)
}
