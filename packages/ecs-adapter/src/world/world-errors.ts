/** The errors of worlds: what a storage serves, and what it does not. */
import { StorageError, shown } from '../base/errors.ts'

export const worldTwice = (first: number, second: number) =>
  new StorageError(
    'invalid-argument',
    `worlds[${first}] and worlds[${second}] are the same world. Give each world once`,
  )

export const noWorlds = () =>
  new StorageError(
    'invalid-argument',
    'the array of worlds is empty, expected one world or more. Pass those that use the components: ' +
      'createStorage([level, menu], pool)',
  )

export const otherIndex = (i: number) =>
  new StorageError(
    'invalid-argument',
    `worlds[${i}] has another entity index than worlds[0], so that an id may be in both. Make all of them ` +
      'with one: `const index = createEntityIndex()`, then `createWorld(index)`. Or give each a storage',
  )

export const otherWorlds = () =>
  new StorageError(
    'invalid-argument',
    'another storage of one of these worlds serves other worlds. Give all storages of a world the same ' +
      'worlds, for they are reset together: createStorage([level, menu], pool)',
  )

export const notOfThisWorld = (eid: number) =>
  new StorageError(
    'invalid-argument',
    `entity ${eid} was not made in the world that it gets a component in, but in another one of the same ` +
      'entity index. Add components in the world that addEntity was called with',
  )

export const usedElsewhere = (name: string) =>
  new StorageError(
    'other-world',
    `component ${shown(name)} was added or removed in a world that its storage does not serve: nothing makes ` +
      'its rows there, so that values are lost, or are those of a former owner. Make the storage with all ' +
      'worlds that use it, of one entity index: createStorage([level, menu], pool). All else is synced',
  )

export const worldWasReset = () =>
  new StorageError(
    'world-was-reset',
    'the world was reset by resetWorld, which drops every observer without a word. ' +
      'Call storage.reset() instead; calling it now repairs the storage',
  )
