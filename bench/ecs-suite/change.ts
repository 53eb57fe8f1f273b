// The workloads that change what there is: nearly all of their time is bitECS's own.
import {
  addComponent,
  addEntity,
  hasComponent,
  query,
  removeComponent,
  removeEntity,
  type World,
} from 'bitecs'
import { expect } from '../case.ts'
import type { Component } from './contenders.ts'
import type { Workload } from './workload.ts'

/** For each of 1,000 entities with A, spawns one with B; then removes those with B. */
export const entityCycle: Workload = {
  componentNames: ['A', 'B'],
  entityCount: 1_000,
  kindCount: 1,
  warmUpPassCount: 2_000,
  changes: true,
  prepare(world, { byName: { A, B }, clears }) {
    function spawn() {
      const entities = query(world, [A])
      for (let i = 0; i < entities.length; i++) {
        const eid = addEntity(world)
        addComponent(world, eid, B)
        B.value[eid] = A.value[entities[i]]
      }
    }
    function kill() {
      const entities = query(world, [B])
      for (let i = 0; i < entities.length; i++) removeEntity(world, entities[i])
    }
    return {
      pass() {
        spawn()
        kill()
      },
      populate: (count) => spawnWith(world, A, count),
      check() {
        const owners = query(world, [A])
        expect(query(world, [B]).length, 0, 'entities with B')
        spawn()
        const valuesOf = ({ value }: Component, entities: Iterable<number>) =>
          JSON.stringify(Array.from(entities, (eid) => value[eid]).sort((a, b) => a - b))
        expect(valuesOf(B, query(world, [B])), valuesOf(A, owners), 'values of B')
        kill()
        if (!clears) return
        const heir = addEntity(world)
        addComponent(world, heir, B)
        expect(B.value[heir], 0, 'value of an entity that has B anew')
      },
    }
  },
}

/** Adds B to each of 1,000 entities with A; then takes it from all again. */
export const addRemove: Workload = {
  componentNames: ['A', 'B'],
  entityCount: 1_000,
  kindCount: 1,
  warmUpPassCount: 2_000,
  changes: true,
  prepare(world, { byName: { A, B }, clears }) {
    function add() {
      const entities = query(world, [A])
      for (let i = 0; i < entities.length; i++) addComponent(world, entities[i], B)
    }
    function remove() {
      const entities = query(world, [B])
      for (let i = 0; i < entities.length; i++) removeComponent(world, entities[i], B)
    }
    return {
      pass() {
        add()
        remove()
      },
      populate: (count) => spawnWith(world, A, count),
      check() {
        expect(query(world, [B]).length, 0, 'entities with B')
        for (const eid of query(world, [A])) B.value[eid] = eid
        add()
        for (const eid of query(world, [A])) {
          expect(hasComponent(world, eid, B), true, `entity ${eid} has B`)
          expect(B.value[eid], clears ? 0 : eid, `B of entity ${eid}`)
        }
      },
    }
  },
}

/** With values that tell entities apart. */
function spawnWith(world: World, component: Component, count: number): void {
  for (let i = 0; i < count; i++) {
    const eid = addEntity(world)
    addComponent(world, eid, component)
    component.value[eid] = eid
  }
}
