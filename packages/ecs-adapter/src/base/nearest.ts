/** Guesses which name a misspelt name stands for. */
import { misuse, type StorageError, shown } from './errors.ts'

/**
 * Returns a hint for a name that is not in `names`: the most similar name, if any is similar, and
 * all names.
 * @returns a hint such as `Did you mean "Position"? There are: Position, Velocity`
 */
export function nearestOf(name: string, names: readonly string[]): string {
  let nearest: string | undefined
  // For names of one or two letters there is no guess: any two such names are similar.
  let least = name.length < 3 ? 0 : Math.max(2, name.length / 3)
  for (const other of names) {
    const distance = distanceOf(name.toLowerCase(), other.toLowerCase())
    if (distance > least) continue
    if (distance < least || nearest === undefined) nearest = other
    least = distance
  }
  const question = nearest === undefined ? '' : `Did you mean ${JSON.stringify(nearest)}? `
  return `${question}There are: ${names.join(', ') || 'none'}`
}

/**
 * Returns how many letters must be inserted, removed or replaced to turn one name into the other
 * (the Levenshtein distance).
 */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = row[j] + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(replaced, row[j + 1] + 1, next[j] + 1))
    }
    row = next
  }
  return row[b.length]
}

/**
 * Makes the error for a name that does not exist.
 * @param what the kind of thing that the name stands for, such as `component`
 */
export const noSuch = (what: string, name: unknown, names: readonly string[]): StorageError =>
  misuse(
    `there is no ${what} ${shown(name)}. ${nearestOf(typeof name === 'string' ? name : '', names)}`,
  )
