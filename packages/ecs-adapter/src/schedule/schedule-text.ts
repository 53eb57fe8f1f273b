/** Prints a schedule as text for people to read. */
import { isRelation } from '../world/bitecs-internals.ts'
import { type Access, type Dependency, isUnknown, type StagePlan } from './parallel-stages.ts'
import type { Named } from './schedule-entry.ts'

/**
 * Returns a function that returns a name for a thing that systems read or write. Things without a
 * name are numbered.
 */
function createNamer(named: readonly Named[]): (what: unknown) => string {
  const names = new Map<unknown, string>(named.map(([name, object]) => [object, name]))
  let relationCount = 0
  let unnamedCount = 0
  const nameOf = (what: unknown): string => {
    // All relations are functions of bitECS with the same name, which is `t` in its minified build.
    if (isRelation(what as object)) return `relation ${++relationCount}`
    const { name } = what as { readonly name?: unknown }
    return (typeof name === 'string' && name) || `unnamed ${++unnamedCount}`
  }
  return (what) => {
    const name = names.get(what) ?? nameOf(what)
    names.set(what, name)
    return name
  }
}

/**
 * Returns a text with a line for each system, by stages. Below it, each of its dependencies has a
 * line.
 * @param named components and tables of the storage
 */
export function printPlan(
  { systems, stages, dependencies }: StagePlan,
  named: readonly Named[],
): string {
  const nameOf = createNamer(named)
  if (systems.length === 0) return 'no systems'
  const numberLength = String(stages.length).length
  const nameLength = Math.max(...systems.map(({ name }) => name.length))
  const list = (verb: string, all: readonly unknown[] = []) => {
    const shown = new Set(all.map((what) => nameOf(what)))
    return shown.size === 0 ? [] : [`${verb} ${[...shown].join(', ')}`]
  }
  const accessOf = (system: Access) => {
    if (isUnknown(system)) return 'declares nothing: runs alone'
    const lists = [...list('reads', system.reads), ...list('writes', system.writes)]
    return lists.join('; ') || 'reads and writes nothing'
  }
  const reasonOf = (system: Access, { index, kind, what }: Dependency) => {
    const { name } = systems[index]
    switch (kind) {
      case 'after':
        return 'as it says'
      case 'unknown':
        return `${isUnknown(systems[index]) ? name : system.name} declares nothing`
      case 'write-read':
        return `reads ${nameOf(what)}, which ${name} writes`
      case 'read-write':
        return `writes ${nameOf(what)}, which ${name} reads`
      case 'write-write':
        return `both write ${nameOf(what)}`
    }
  }
  const lines: string[] = []
  for (const [stage, indices] of stages.entries()) {
    for (const [place, index] of indices.entries()) {
      const system = systems[index]
      const number = place === 0 ? String(stage + 1) : ''
      const head = `${number.padStart(numberLength)}  ${system.name.padEnd(nameLength)}  `
      lines.push(head + accessOf(system))
      for (const one of dependencies[index]) {
        const reason = `after ${systems[one.index].name}: ${reasonOf(system, one)}`
        lines.push(' '.repeat(head.length + 2) + reason)
      }
    }
  }
  return lines.join('\n')
}
