/** A schedule for people: as a list, and as a Mermaid flowchart. */

import { isRelation } from '../world/bitecs-internals.ts'
import { type Access, type Conflict, isUnknown, type StagePlan, type Wait } from './access.ts'

/** Names of what systems read and write. */
export class AccessNames {
  readonly #names: Map<unknown, string>
  #relationCount = 0
  #unnamedCount = 0

  /** @param named components and tables, and the names that they go by; others go by numbers */
  constructor(named: readonly (readonly [name: string, object: unknown])[]) {
    this.#names = new Map(named.map(([name, object]) => [object, name]))
  }

  of(what: unknown): string {
    const name = this.#names.get(what) ?? this.#newName(what)
    this.#names.set(what, name)
    return name
  }

  #newName(what: unknown): string {
    if (typeof what === 'string') return what
    if (typeof what === 'function') {
      // That of bitECS's own function, `t` in its minified build, tells nothing.
      if (isRelation(what)) return `relation ${++this.#relationCount}`
      if (what.name !== '') return what.name
    }
    return `unnamed ${++this.#unnamedCount}`
  }
}

/** A line for each system, in the order of the stages, and one for each that it waits for. */
export function printPlan(
  systems: readonly Access[],
  { stages, waits }: StagePlan,
  names: AccessNames,
): string {
  if (systems.length === 0) return 'no systems'
  const numberLength = String(stages.length).length
  const nameLength = Math.max(...systems.map(({ name }) => name.length))
  const lines: string[] = []
  for (const [stage, indices] of stages.entries()) {
    for (const [place, index] of indices.entries()) {
      const number = place === 0 ? String(stage + 1) : ''
      const { name } = systems[index]
      const head = `${number.padStart(numberLength)}  ${name.padEnd(nameLength)}  `
      lines.push(head + shownAccess(systems[index], names))
      for (const wait of waits[index]) {
        lines.push(' '.repeat(head.length + 2) + shownWait(systems, index, wait, names))
      }
    }
  }
  return lines.join('\n')
}

function shownAccess(system: Access, names: AccessNames): string {
  if (isUnknown(system)) return 'declares nothing: runs alone'
  const list = (verb: string, all: readonly unknown[] = []) =>
    all.length === 0
      ? []
      : [`${verb} ${[...new Set(all.map((what) => names.of(what)))].join(', ')}`]
  const parts = [...list('reads', system.reads), ...list('writes', system.writes)]
  return parts.length === 0 ? 'reads and writes nothing' : parts.join('; ')
}

function shownWait(
  systems: readonly Access[],
  index: number,
  { index: other, conflict }: Wait,
  names: AccessNames,
): string {
  const { name } = systems[other]
  const begin = `after ${name}`
  const what = () => names.of(conflict.what)
  switch (conflict.kind) {
    case 'after':
      return `${begin}: as it says`
    case 'unknown':
      return `${begin}: ${isUnknown(systems[other]) ? name : systems[index].name} declares nothing`
    case 'write-read':
      return `${begin}: reads ${what()}, which ${name} writes`
    case 'read-write':
      return `${begin}: writes ${what()}, which ${name} reads`
    case 'write-write':
      return `${begin}: both write ${what()}`
  }
}

/** A box for each stage, and an arrow from each system to those that wait for it. */
export function drawPlan(
  systems: readonly Access[],
  { stages, waits }: StagePlan,
  names: AccessNames,
): string {
  const lines = ['flowchart LR']
  for (const [stage, indices] of stages.entries()) {
    lines.push(`  subgraph stage${stage + 1}["stage ${stage + 1}"]`)
    for (const index of indices)
      lines.push(`    system${index + 1}["${quoted(systems[index].name)}"]`)
    lines.push('  end')
  }
  for (const [index, own] of waits.entries()) {
    for (const { index: other, conflict } of own) {
      const label = quoted(labelOf(conflict, names))
      lines.push(`  system${other + 1} -->|"${label}"| system${index + 1}`)
    }
  }
  return lines.join('\n')
}

function labelOf({ kind, what }: Conflict, names: AccessNames): string {
  if (kind === 'after') return 'after'
  return kind === 'unknown' ? 'declares nothing' : names.of(what)
}

/** Text for a label in quotes: Mermaid reads entities in it, and Markdown where it begins with one. */
const quoted = (text: string) =>
  text.replace(/[^\p{L}\p{N} _.,:/-]/gu, (character) => `#${character.codePointAt(0)};`)
