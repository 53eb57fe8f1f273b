// The workloads that visit entities. Each system is a function of its own, as users write them: V8
// compiles one that all components share for the components of all.
import { addComponent, addEntity, query, type World } from 'bitecs'
import { expect } from '../case.ts'
import type { Components } from './contenders.ts'
import type { Workload } from './workload.ts'

/** Visits 1,000 entities in each of five systems of one component. */
export const packed: Workload = {
  componentNames: [...'ABCDE'],
  entityCount: 1_000,
  kindCount: 1,
  warmUpPassCount: 100_000,
  changes: false,
  prepare(world, components) {
    const { A, B, C, D, E } = components.byName
    function doubleA() {
      const { value } = A
      const entities = query(world, [A])
      for (let i = 0; i < entities.length; i++) value[entities[i]] *= 2
    }
    function doubleB() {
      const { value } = B
      const entities = query(world, [B])
      for (let i = 0; i < entities.length; i++) value[entities[i]] *= 2
    }
    function doubleC() {
      const { value } = C
      const entities = query(world, [C])
      for (let i = 0; i < entities.length; i++) value[entities[i]] *= 2
    }
    function doubleD() {
      const { value } = D
      const entities = query(world, [D])
      for (let i = 0; i < entities.length; i++) value[entities[i]] *= 2
    }
    function doubleE() {
      const { value } = E
      const entities = query(world, [E])
      for (let i = 0; i < entities.length; i++) value[entities[i]] *= 2
    }
    const pass = () => {
      doubleA()
      doubleB()
      doubleC()
      doubleD()
      doubleE()
    }
    return {
      pass,
      populate: (count) => spawn(world, components, count, ['A', 'B', 'C', 'D', 'E']),
      check: () => checkDoubling(world, components, 'ABCDE', pass),
    }
  },
}

/** Swaps the values of two components in each of three systems, of 4,000, 1,000 and 1,000. */
export const simple: Workload = {
  componentNames: [...'ABCDE'],
  entityCount: 1_000,
  kindCount: 4,
  warmUpPassCount: 100_000,
  changes: false,
  prepare(world, components) {
    const { A, B, C, D, E } = components.byName
    function swapAB() {
      const { value: a } = A
      const { value: b } = B
      const entities = query(world, [A, B])
      for (let i = 0; i < entities.length; i++) {
        const eid = entities[i]
        const value = a[eid]
        a[eid] = b[eid]
        b[eid] = value
      }
    }
    function swapCD() {
      const { value: c } = C
      const { value: d } = D
      const entities = query(world, [C, D])
      for (let i = 0; i < entities.length; i++) {
        const eid = entities[i]
        const value = c[eid]
        c[eid] = d[eid]
        d[eid] = value
      }
    }
    function swapCE() {
      const { value: c } = C
      const { value: e } = E
      const entities = query(world, [C, E])
      for (let i = 0; i < entities.length; i++) {
        const eid = entities[i]
        const value = c[eid]
        c[eid] = e[eid]
        e[eid] = value
      }
    }
    return {
      pass() {
        swapAB()
        swapCD()
        swapCE()
      },
      populate(count) {
        for (const kind of ['AB', 'ABC', 'ABCD', 'ABCE']) spawn(world, components, count, [...kind])
        for (const [place, component] of [A, B, C, D, E].entries()) {
          for (const eid of query(world, [component])) component.value[eid] = eid * 8 + place
        }
      },
      check(passCount) {
        const isSwapped = passCount % 2 === 1
        for (const [one, other, place, otherPlace] of [
          [A, B, 0, 1],
          [C, D, 2, 3],
          [C, E, 2, 4],
        ] as const) {
          for (const eid of query(world, [one, other])) {
            const values = [eid * 8 + place, eid * 8 + otherPlace]
            const [expected, otherExpected] = isSwapped ? values.reverse() : values
            expect(one.value[eid], expected, `first value of entity ${eid}`)
            expect(other.value[eid], otherExpected, `second value of entity ${eid}`)
          }
        }
      },
    }
  },
}

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/** Visits all 2,600 entities, of 26 kinds, and then those 100 that are of the last one. */
export const fragmented: Workload = {
  componentNames: [...letters, 'Data'],
  entityCount: 100,
  kindCount: letters.length,
  warmUpPassCount: 100_000,
  changes: false,
  prepare(world, components) {
    const { Data, Z } = components.byName
    function doubleData() {
      const { value } = Data
      const entities = query(world, [Data])
      for (let i = 0; i < entities.length; i++) value[entities[i]] *= 2
    }
    function doubleZ() {
      const { value } = Z
      const entities = query(world, [Z])
      for (let i = 0; i < entities.length; i++) value[entities[i]] *= 2
    }
    const pass = () => {
      doubleData()
      doubleZ()
    }
    return {
      pass,
      populate(count) {
        for (let i = 0; i < count; i++) {
          for (const letter of letters) spawn(world, components, 1, ['Data', letter])
        }
      },
      check: () => checkDoubling(world, components, ['Data', 'Z'], pass),
    }
  },
}

function spawn(
  world: World,
  { byName }: Components,
  count: number,
  componentNames: readonly string[],
): void {
  for (let i = 0; i < count; i++) {
    const eid = addEntity(world)
    for (const name of componentNames) addComponent(world, eid, byName[name])
  }
}

/** Passes over other values than 0: what doubles an int32 leaves nothing of it after 32 passes. */
function checkDoubling(
  world: World,
  { byName }: Components,
  names: Iterable<string>,
  pass: () => void,
): void {
  for (const name of names) {
    const { value } = byName[name]
    for (const eid of query(world, [byName[name]])) value[eid] = eid
  }
  for (let i = 0; i < 3; i++) pass()
  for (const name of names) {
    const { value } = byName[name]
    for (const eid of query(world, [byName[name]])) {
      expect(value[eid], eid * 8, `${name} of entity ${eid}`)
    }
  }
}
