// Where the columns of a component live: in an arena, or in arrays made by hand.
import { Arena, verify } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import { observe, onAdd, type World } from 'bitecs'
import { expect } from '../case.ts'

export interface Component {
  readonly value: Int32Array | number[]
}

export interface Components {
  /** Named from A to Z, and Data. */
  readonly byName: Readonly<Record<string, Component>>
  /** Whether a row is zero when its component is added. */
  readonly clears: boolean
  /** Throws when the columns are not where the contender says they are. */
  check?(): void
}

/** Rows 0 to rowCount - 1; bitECS numbers its entities from 1. */
type MakeComponents = (world: World, names: readonly string[], rowCount: number) => Components

export const ours = 'ashlar'
export const typed = 'Int32Array'
/** Does what Ashlar does for its user: an observer of additions that clears the row. */
export const observed = 'Int32Array, observed'
export const untyped = 'number[]'

const int32Column = (rowCount: number) => new Int32Array(rowCount)

export const contenders: Record<string, MakeComponents> = {
  [ours]: ashlarComponents,
  [typed]: components(int32Column),
  [observed](world, names, rowCount) {
    const { byName } = components(int32Column)(world, names, rowCount)
    for (const component of Object.values(byName)) {
      observe(world, onAdd(component), (eid) => {
        component.value[eid] = 0
      })
    }
    return { byName, clears: true }
  },
  [untyped]: components((rowCount) => new Array(rowCount).fill(0)),
}

function components(makeColumn: (rowCount: number) => Component['value']): MakeComponents {
  return (_, names, rowCount) => {
    const entries = names.map((name): [string, Component] => [
      name,
      { value: makeColumn(rowCount) },
    ])
    return { byName: Object.fromEntries(entries), clears: false }
  }
}

function ashlarComponents(world: World, names: readonly string[], rowCount: number): Components {
  // No longer than it must be: on Bun, each garbage collection takes longer while there is a long
  // buffer, in typed arrays made by hand too.
  const arena = Arena.create({ byteLength: 2 ** 21 })
  const storage = createStorage(world, arena.openPool(), { capacity: rowCount })
  const entries = names.map((name): [string, Component] => {
    return [name, storage.component(name, { value: t.i32 })]
  })
  const byName = Object.fromEntries(entries)
  return {
    byName,
    clears: true,
    check() {
      for (const { value } of Object.values(byName)) {
        expect((value as Int32Array).buffer === arena.buffer, true, 'column lies in the arena')
      }
      expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
    },
  }
}
