/** Makes sparse components, which suit components that few entities have. */
import type { ComponentContext } from '../columns/component-context.ts'
import { SparseStore } from '../columns/sparse-store.ts'
import type { CheckedSparse, Schema, SparseComponent } from '../schema/schema.ts'
import { checkedStorage } from './storage.ts'
import type { Storage } from './storage-api.ts'

/**
 * Makes a component that has rows only for the entities that have it. It saves memory if few
 * entities do. Its columns are in `rows`, which is always the same object. Rows move only in
 * `storage.sync()`, which frees the rows of entities that lost the component.
 *
 * ```ts
 * const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32 })
 * const { rows } = Burning
 * for (let row = 0; row < rows.count; row++) rows.heat[row] *= 0.5
 * ```
 *
 * @param name unique in the storage
 * @param schema the names of the fields, with their types from `t`
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
