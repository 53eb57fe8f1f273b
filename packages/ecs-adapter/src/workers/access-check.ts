/** Checks that a system of a checked schedule uses only what its entry declares. */
import type { Component } from '../schema/schema.ts'
import { notDeclared } from '../storage/run-errors.ts'
import type { SystemContext } from './system.ts'

/** What the entry of a system reads or writes, by name. */
export interface DeclaredAccess {
  /** Name of the entry. */
  readonly entry: string
  readonly components: readonly string[]
  readonly tables: readonly string[]
}

export type Accessible = Pick<SystemContext, 'components' | 'tables' | 'rows'>

/**
 * The same, but throws for what is not declared. Systems look components and tables up by name once
 * a call, so the check costs nothing for each entity.
 */
export function checkedAccess(all: Accessible, access: DeclaredAccess): Accessible {
  const components = onlyDeclared(all.components, 'components', access)
  return {
    components,
    tables: onlyDeclared(all.tables, 'tables', access),
    rows(component: Component | string) {
      const name = Object.keys(all.components).find(
        (name) => name === component || all.components[name] === component,
      )
      return all.rows(name === undefined ? component : components[name])
    },
  }
}

function onlyDeclared<T extends object>(
  all: T,
  kind: 'components' | 'tables',
  access: DeclaredAccess,
): T {
  return new Proxy(all, {
    get(target, name) {
      if (typeof name === 'string' && name in target && !access[kind].includes(name)) {
        throw notDeclared(access.entry, kind, name)
      }
      return Reflect.get(target, name)
    },
  })
}
