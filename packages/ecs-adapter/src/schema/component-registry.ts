/** The components of a storage by number, name and object. Numbers are the same in every thread. */
import { corrupt, invalidArgument } from '../base/errors.ts'
import type { Component, Field } from './schema.ts'

export interface Listed {
  /** How many were added before it. */
  readonly number: number
  readonly name: string
  readonly component: Component
  readonly fields: readonly Field[]
  /** What two storages must agree on: `Path(points: list f32, label: text)`. */
  readonly signature: string
}

export class ComponentRegistry {
  readonly #listed: Listed[] = []
  readonly #byKey = new Map<unknown, Listed>()

  /** By number. */
  get all(): readonly Listed[] {
    return this.#listed
  }

  add(name: string, component: Component, fields: readonly Field[]): void {
    const signature = signatureOf(name, fields)
    const listed = { number: this.#listed.length, name, component, fields, signature }
    this.#listed.push(listed)
    this.#byKey.set(name, listed).set(component, listed)
  }

  /** @throws StorageError 'corrupt': the number comes from commands */
  at(number: number): Listed {
    const listed: Listed | undefined = this.#listed[number]
    if (listed !== undefined) return listed
    throw corrupt('the number of a component', number, `one below ${this.#listed.length}`)
  }

  /** Undefined for an unknown number: commands may be another storage's. */
  nameOf(number: number): string | undefined {
    return this.#listed[number]?.name
  }

  /** @param key a component, or its name. @throws StorageError 'invalid-argument' */
  find(key: unknown): Listed {
    const listed = this.#byKey.get(key)
    if (listed === undefined) this.#throwUnknown(key)
    return listed
  }

  #throwUnknown(key: unknown): never {
    const names = this.#listed.map(({ name }) => name).join(', ')
    throw invalidArgument('the component', key, `one of this storage, or its name: ${names}`)
  }
}

function signatureOf(name: string, fields: readonly Field[]): string {
  const types = fields.map(({ name, type }) => {
    if (type.kind === 'scalar') return `${name}: ${type.name}`
    return `${name}: ${type.kind === 'list' ? `list ${type.element.name}` : 'text'}`
  })
  return `${name}(${types.join(', ')})`
}
