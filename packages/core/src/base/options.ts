/** Options that callers pass. */
import { isPlainObject } from './builtins.ts'
import { invalidArgument } from './errors.ts'

/** Throws for a key that is not one of `keys`: a misspelt option would be ignored in silence. */
export function checkOptions(given: unknown, keys: readonly string[], example: string): void {
  if (!isPlainObject(given)) {
    throw invalidArgument('options', given, `an object such as ${example}`)
  }
  // Object.keys would make an array, and some callers run each frame.
  for (const key in given) {
    if (!keys.includes(key)) {
      throw invalidArgument('an option', key, `one of ${keys.join(', ')}`)
    }
  }
}
