/** What a system of a checked schedule finds by its name: what its entry declares, and errors for the rest. */
import { notDeclared } from '../storage/run-errors.ts'

/** Names of what an entry reads or writes. */
export interface Declared {
  /** Its own name. */
  readonly entry: string
  readonly components: readonly string[]
  readonly tables: readonly string[]
}

/**
 * The same record, which throws where something is read that is not declared. Systems read components
 * and tables by name once a call, so that elements cost nothing.
 */
export function onlyDeclared<T extends object>(
  all: T,
  kind: 'components' | 'tables',
  declared: Declared,
): T {
  return new Proxy(all, {
    get(target, name) {
      if (typeof name === 'string' && name in target && !declared[kind].includes(name)) {
        throw notDeclared(declared.entry, kind, name)
      }
      return Reflect.get(target, name)
    },
  })
}

/** The same function, which throws for a component that is not declared, given itself or by its name. */
export function rowsOfDeclared<C extends object, R>(
  rows: (component: C | string) => R,
  components: Readonly<Record<string, C>>,
  declared: Declared,
): (component: C | string) => R {
  const found = onlyDeclared(components, 'components', declared)
  return (component) => {
    const isIt = (name: string) => name === component || components[name] === component
    const name = Object.keys(components).find(isIt)
    return rows(name === undefined ? component : found[name])
  }
}
