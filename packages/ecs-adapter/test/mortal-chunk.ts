/**
 * A chunk whose thread dies in the middle of what it does: the real code, over arrays that throw at
 * a store.
 */
import { TableChunk } from '../src/tables/table-chunk.ts'
import type { TableLayout } from '../src/tables/table-layout.ts'
import { Death } from './table-steps.ts'

type View = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => object

/** An array that tells of each store before it is done. */
function observed<A extends object>(array: A, onStore: () => void): A {
  const proxy: A = new Proxy(array, {
    get(target, key) {
      if (key === 'fill') return fill
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set(target, key, value) {
      onStore()
      return Reflect.set(target, key, value)
    },
  })
  const fill = (value: number) => {
    const words = proxy as Record<number, number>
    for (let i = 0; i < (array as ArrayLike<number>).length; i++) words[i] = value
    return proxy
  }
  return proxy
}

/** The chunk at an offset. Its thread dies before its `storeCount`-th store. */
export function mortalChunk(
  layout: TableLayout,
  buffer: ArrayBufferLike,
  offset: number,
  storeCount: number,
): TableChunk {
  let count = 0
  const onStore = () => {
    if (++count >= storeCount) throw new Death()
  }
  const saved = { Int32Array, Uint16Array, Uint8Array }
  const observing = Object.entries<View>(saved).map(([name, array]) => {
    const view = function Observed(...args: ConstructorParameters<View>) {
      return observed(new array(...args), onStore)
    }
    return [name, view]
  })
  Object.assign(globalThis, Object.fromEntries(observing))
  try {
    return new TableChunk(layout, buffer, offset, 2)
  } finally {
    Object.assign(globalThis, saved)
  }
}

/** Whether the thread died. */
export function dies(call: () => void): boolean {
  try {
    call()
    return false
  } catch (error) {
    if (error instanceof Death) return true
    throw error
  }
}
