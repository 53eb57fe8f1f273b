/** The bindings of a storage's components. Tags have none. */
import { usedElsewhere } from '../base/errors.ts'
import type { Binding } from './binding.ts'

export class Bindings {
  /** By the component's number; undefined for a tag. */
  readonly #all: (Binding | undefined)[] = []

  /** In the order of their components' numbers. */
  add(binding: Binding | undefined): void {
    this.#all.push(binding)
  }

  readonly at = (number: number): Binding | undefined => this.#all[number]

  /** Increments whenever a column moves. */
  get version(): number {
    let sum = 0
    for (let i = 0; i < this.#all.length; i++) sum += this.#all[i]?.store.version ?? 0
    return sum
  }

  sync(): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i]?.store.sync()
  }

  /** Takes ids that are not kept out of every list that drops removed entities. */
  filter(isKept: (eid: number) => boolean): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i]?.store.fields?.filter(isKept)
  }

  /** An entity whose removal was reported stays after all. */
  keep(eid: number): void {
    for (const binding of this.#all) binding?.keep(eid)
  }

  /** Starts over with worlds that were reset. */
  beginAnew(): void {
    for (const binding of this.#all) {
      binding?.store.clearAll()
      binding?.subscribe()
    }
  }

  /** @throws StorageError 'other-world' */
  checkWorlds(): void {
    for (let i = 0; i < this.#all.length; i++) {
      const binding = this.#all[i]
      if (binding?.isUsedElsewhere()) throw usedElsewhere(binding.name)
    }
  }

  dispose(): void {
    for (const binding of this.#all) binding?.dispose()
  }
}
