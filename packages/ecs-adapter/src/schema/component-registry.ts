/** A storage's components by number, name and object. The numbers are the same in every thread. */
import { corrupt, invalidArgument } from '../base/errors.ts'
import type { AnyComponent, Field } from './schema.ts'

export interface Listed<Hooks = unknown> {
  /** How many components were added before this one. */
  readonly number: number
  readonly name: string
  readonly component: AnyComponent
  readonly fields: readonly Field[]
  /** Equal in storages between which entities move: `Path(points: list f32, label: text)`. */
  readonly signature: string
  /** What runs when bitECS adds, sets or removes the component; undefined in attached threads. */
  readonly hooks: Hooks
}

export class ComponentRegistry<Hooks = unknown> {
  /** The index is the component's number. */
  readonly all: Listed<Hooks>[] = []
  readonly #byKey = new Map<unknown, Listed<Hooks>>()

  add(name: string, component: AnyComponent, fields: readonly Field[], hooks: Hooks): void {
    const signature = signatureOf(name, fields)
    const listed = { number: this.all.length, name, component, fields, signature, hooks }
    this.all.push(listed)
    this.#byKey.set(name, listed).set(component, listed)
  }

  /** @throws StorageError 'corrupt' for a wrong number, because it was read from commands */
  at(number: number): Listed<Hooks> {
    const listed: Listed<Hooks> | undefined = this.all[number]
    if (listed !== undefined) return listed
    throw corrupt('the number of a component', number, `one below ${this.all.length}`)
  }

  /** @param key a component, or its name. @throws StorageError 'invalid-argument' */
  find(key: unknown): Listed<Hooks> {
    const listed = this.#byKey.get(key)
    if (listed !== undefined) return listed
    const names = this.all.map(({ name }) => name).join(', ')
    throw invalidArgument('the component', key, `one of this storage, or its name: ${names}`)
  }
}

function signatureOf(name: string, fields: readonly Field[]): string {
  return `${name}(${fields.map(({ name, code }) => `${name}: ${code.signature}`).join(', ')})`
}
