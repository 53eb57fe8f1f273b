/** What callers pass by mistake. */

const withoutPrototype: object = Object.create(null)

/** Whatever is no number, even where it could become one. */
export const notNumbers: readonly unknown[] = [
  '16',
  '',
  16n,
  {},
  [],
  [16],
  null,
  true,
  false,
  Symbol('16'),
  () => 16,
  new Uint8Array(16),
  { valueOf: () => 16 },
  withoutPrototype,
]

/** Numbers that are no length and no offset of anything. */
export const oddNumbers: readonly number[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  -16,
  16.5,
  1e-300,
  2 ** 32,
  2 ** 32 + 16,
  2 ** 53,
  -(2 ** 31),
]

const revoked = Proxy.revocable({}, {})
revoked.revoke()

/** An object that throws whatever is done with it. */
const throwing = new Proxy(
  {},
  new Proxy(
    {},
    {
      get() {
        throw new RangeError('a trap of the value')
      },
    },
  ),
)

/** All of these, what is left out, and objects of every kind that may be taken for another. */
export const createOddValues = (): readonly unknown[] => [
  undefined,
  0,
  -0,
  1,
  5,
  100,
  ...oddNumbers,
  2 ** 31,
  ...notNumbers,
  2n ** 64n,
  'x',
  Symbol.iterator,
  [undefined],
  new Map([['byteLength', 65536]]),
  new Set(),
  new Date(0),
  /x/,
  new Error('x'),
  Promise.resolve(16),
  new ArrayBuffer(2 ** 20),
  new SharedArrayBuffer(2 ** 20),
  new Float64Array(2 ** 17),
  new DataView(new ArrayBuffer(2 ** 20)),
  new WebAssembly.Memory({ initial: 16 }),
  { [Symbol.toStringTag]: 'ArrayBuffer', byteLength: 2 ** 20 },
  { [Symbol.toStringTag]: 'SharedArrayBuffer', byteLength: 2 ** 20 },
  { [Symbol.toStringTag]: 'WebAssembly.Memory', buffer: new ArrayBuffer(2 ** 20) },
  { buffer: 5, byteOffset: 0 },
  { lockName: 5 },
  { worker: {} },
  class extends Float32Array {},
  Object.defineProperty(class {}, 'name', { value: 'Float32Array' }),
  Float32Array.bind(undefined),
  new Proxy(Float32Array, {}),
  Array,
  revoked.proxy,
  throwing,
]

/** Calls with a value that the types forbid. */
export const anything = (value: unknown) => value as never

export function shownValue(value: unknown): string {
  if (value === revoked.proxy) return 'a revoked Proxy'
  if (value === throwing) return 'a Proxy that throws'
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'function') return `function ${value.name}`
  return typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
}
