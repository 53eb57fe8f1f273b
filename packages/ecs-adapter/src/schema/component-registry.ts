/**
 * Lists a storage's components, and finds them by number, name or object. A component has the same
 * number in every thread.
 */
import { corrupt, invalidArgument } from '../base/errors.ts'
import type { AnyComponent, Field } from './schema.ts'

export interface Listed<Hooks = unknown> {
  /** The number of the component: how many components were added before it. */
  readonly number: number
  readonly name: string
  readonly component: AnyComponent
  readonly fields: readonly Field[]
  /**
   * The name and fields of the component, such as `Path(points: list f32, label: text)`. Entities
   * can move between two storages only if the signatures of their components are equal.
   */
  readonly signature: string
  /**
   * The functions that run when bitECS adds, sets or removes the component; undefined in attached
   * threads.
   */
  readonly hooks: Hooks
}

export class ComponentRegistry<Hooks = unknown> {
  /** All components. The index is the component's number. */
  readonly all: Listed<Hooks>[] = []
  readonly #byKey = new Map<unknown, Listed<Hooks>>()

  add(name: string, component: AnyComponent, fields: readonly Field[], hooks: Hooks): void {
    const signature = signatureOf(name, fields)
    const listed = { number: this.all.length, name, component, fields, signature, hooks }
    this.all.push(listed)
    this.#byKey.set(name, listed).set(component, listed)
  }

  /**
   * Returns the component with a number that was read from commands.
   * @throws StorageError 'corrupt' if no component has the number
   */
  at(number: number): Listed<Hooks> {
    const listed: Listed<Hooks> | undefined = this.all[number]
    if (listed !== undefined) return listed
    throw corrupt('the number of a component', number, `one below ${this.all.length}`)
  }

  /**
   * Returns the entry of a component.
   * @param key a component, or its name
   * @throws StorageError 'invalid-argument' if the storage has no such component
   */
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
