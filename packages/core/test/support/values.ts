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

/** Calls with a value that the types forbid. */
export const anything = (value: unknown) => value as never

export const shownValue = (value: unknown) =>
  typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
