/** Errors about the worlds that a storage serves. */
import { StorageError, shown } from '../base/errors.ts'

const invalid = (message: string) => new StorageError('invalid-argument', message)

export const worldTwice = (first: number, second: number) =>
  invalid(`worlds[${first}] and worlds[${second}] are the same world. Give each world once`)

export const noWorlds = () =>
  invalid(
    'the array of worlds is empty. Pass those that use the components: ' +
      'createStorage([level, menu], pool)',
  )

export const otherIndex = (i: number) =>
  invalid(
    `worlds[${i}] has another entity index than worlds[0]. Make both by createWorld(index) ` +
      'with one createEntityIndex(), or give each world a storage',
  )

export const otherWorlds = () =>
  invalid(
    'another storage serves only some of these worlds, or more. Give all storages of a world ' +
      'the same worlds, as they are reset together',
  )

export const notOfThisWorld = (eid: number) =>
  invalid(`entity ${eid} is in another world. Add components in the world of its addEntity`)

export const usedElsewhere = (name: string) =>
  new StorageError(
    'other-world',
    `component ${shown(name)} was used in a world that its storage does not serve: values may be ` +
      'lost. Pass all worlds that use it: createStorage([level, menu], pool). All else is synced',
  )

export const worldWasReset = () =>
  new StorageError(
    'world-was-reset',
    'resetWorld has dropped the observers of the storage. Call storage.reset(), now and instead',
  )
