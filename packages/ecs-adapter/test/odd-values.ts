/**
 * Whatever callers may give by mistake, and a walk over all parameters of the functions of an
 * object: what a parameter does not take is refused with an error of ours, and changes nothing.
 */
import * as assert from 'uvu/assert'

const unshowable = {
  toString() {
    throw new Error('toString was called')
  },
  valueOf() {
    throw new Error('valueOf was called')
  },
}

/** One of each kind. */
export const ODD_VALUES: readonly unknown[] = [
  ...[undefined, null, true, false],
  ...[0, -0, 1, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 1e300],
  ...[1n, -1n, Symbol('odd'), Symbol.iterator],
  ...['', 'x', '1', '__proto__', '\ud800'],
  ...[() => {}, class Odd {}, async () => {}],
  ...[{}, Object.create(null), { odd: 1 }, { length: 1 }, unshowable, new Proxy({}, {})],
  ...[[], [undefined], ['x'], [Symbol('odd')], new Array(2), [[]]],
  ...[new Date(0), new Map([[1, 2]]), new Set([1]), /x/, new Error('odd'), Promise.resolve()],
  ...[
    new ArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
    new Float32Array(2),
    new BigInt64Array(1),
  ],
]

/** Whether a parameter takes a value. 'perhaps': as far as memory reaches, say. */
export type Takes = (value: unknown) => boolean | 'perhaps'

/** A function, called with what is good but for one argument. */
export interface Call {
  readonly takes: readonly Takes[]
  /** Good arguments, for an object as `make` gives it. */
  readonly args: (subject: never) => readonly unknown[]
  /** Whether the promise that it gives is waited for. */
  readonly isAwaited?: boolean
}

/**
 * The names of the functions of an object, inherited ones too; those for the package alone begin
 * with $.
 */
export function functionsOf(subject: object): string[] {
  const names = new Set<string>()
  for (
    let one = subject;
    one !== null && one !== Object.prototype;
    one = Object.getPrototypeOf(one)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(one))) {
      if (typeof value === 'function' && name !== 'constructor' && !name.startsWith('$'))
        names.add(name)
    }
  }
  return [...names].sort()
}

export const isOurs = (error: unknown) =>
  error instanceof Error &&
  ['StorageError', 'RunError', 'CommandsError', 'ArenaError'].includes(error.name) &&
  error.message.startsWith('@ashlar/')

const shown = (value: unknown) => {
  try {
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

/**
 * Calls a function with every odd value for each of its parameters; gives what did not go as it
 * should.
 */
export async function faultsOf<S extends object>(
  label: string,
  make: () => S | Promise<S>,
  pick: (subject: S) => object,
  name: string,
  { takes, args, isAwaited = true }: Call,
  check: (subject: S, isRefused: boolean) => void,
): Promise<string[]> {
  const faults: string[] = []
  for (const [place, isTaken] of takes.entries()) {
    let subject = await make()
    for (const value of ODD_VALUES) {
      const given = [...args(subject as never)]
      given[place] = value
      const call = `${label}.${name}, argument ${place}: ${shown(value)}`
      let error: unknown
      try {
        const result = Reflect.apply(Reflect.get(pick(subject), name), pick(subject), given)
        if (isAwaited) await result
      } catch (thrown) {
        error = thrown
      }
      if (error !== undefined && !isOurs(error)) faults.push(`${call}: ${error}`)
      if (error === undefined && !isTaken(value)) faults.push(`${call} was accepted`)
      if (error !== undefined && isTaken(value) === true)
        faults.push(`${call} was refused: ${error}`)
      check(subject, error !== undefined)
      if (error === undefined) subject = await make()
    }
    check(subject, false)
  }
  return faults
}

/** What the parameters of this package take. */
export const isUndefined: Takes = (value) => value === undefined
export const anything: Takes = () => true
export const nothing: Takes = () => false
export const orUndefined =
  (takes: Takes): Takes =>
  (value) =>
    value === undefined || takes(value)
export const isWhole = (from: number, to: number): Takes => {
  return (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to
}
export const isId: Takes = (value) =>
  Number.isInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 32
/** An object without a key: options that all have defaults, values of no field. */
export const isEmptyRecord: Takes = (value) =>
  Object.prototype.toString.call(value) === '[object Object]' &&
  Object.keys(value as object).length === 0
export const isOptions = orUndefined(isEmptyRecord)
export const isNumber: Takes = (value) => typeof value === 'number'
export const isNumbers: Takes = (value) =>
  (Array.isArray(value) && value.length === 0) || value instanceof Float32Array
export const isText: Takes = (value) => typeof value === 'string'

export function assertNoFaults(faults: readonly string[]): void {
  assert.is(faults.length, 0, faults.slice(0, 40).join('\n'))
}
