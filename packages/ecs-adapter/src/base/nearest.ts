/** Finds which name was meant by a misspelt one. */
import { misuse, type StorageError, shown } from './errors.ts'

/**
 * What to say of a name that is not among others: the nearest name, if any is near, and all names.
 * @returns `Did you mean "Position"? There are: Position, Velocity`
 */
export function nearestOf(name: string, names: readonly string[]): string {
  let nearest: string | undefined
  // Every name of two letters is near to every other.
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

/** How many letters to insert, remove or replace to make one name of another (Levenshtein). */
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

/** @param what the kind of thing that is looked up, such as `component` */
export const noSuch = (what: string, name: unknown, names: readonly string[]): StorageError =>
  misuse(
    `there is no ${what} ${shown(name)}. ${nearestOf(typeof name === 'string' ? name : '', names)}`,
  )
