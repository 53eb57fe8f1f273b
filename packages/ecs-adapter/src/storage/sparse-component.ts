/** Components that few entities have. */
import type { ComponentContext } from '../columns/component-context.ts'
import { SparseStore } from '../columns/sparse-store.ts'
import type { CheckedSparse, Schema, SparseComponent } from '../schema/schema.ts'
import { checkedStorage } from './storage.ts'
import type { Storage } from './storage-api.ts'

/**
 * Makes a component that gives rows only to the entities that have it, to save memory if few do.
 * Its columns are in `rows`, which is always the same object. Rows move only at `sync`, which frees
 * the rows of entities that lost the component.
 *
 * @param name unique in the storage
 * @param schema field names to types of `t`
 * @throws StorageError 'invalid-argument', 'storage-disposed'; ArenaError 'out-of-memory'
 */
export function createSparseComponent<const S extends Schema>(
  storage: Storage,
  name: string,
  schema: CheckedSparse<S>,
): SparseComponent<S> {
  const createStore = (context: ComponentContext) => new SparseStore(context)
  return checkedStorage(storage).$createComponent(name, schema, createStore) as SparseComponent<S>
}
