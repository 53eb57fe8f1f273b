/** Options that callers pass. */
import { isPlainObject } from './builtins.ts'
import { invalidArgument } from './errors.ts'

/** Throws unless it is an object with no keys but these: one that is misspelt would say nothing. */
export function checkOptions(given: unknown, keys: readonly string[], example: string): void {
  if (!isPlainObject(given)) {
    throw invalidArgument('options', given, `an object such as ${example}`)
  }
  // Not by Object.keys, which makes an array: some of these calls are made each frame.
  for (const key in given) {
    if (!keys.includes(key)) {
      throw invalidArgument('an option', key, `one of ${keys.join(', ')}: no others are known`)
    }
  }
}
