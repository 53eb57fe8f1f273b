/** Checks that a component has rows for exactly the entities that have it. */
import type { ComponentHooks } from '../columns/component-hooks.ts'
import { findRow, IndexPlace } from '../columns/row-index.ts'
import { SparseStore } from '../columns/sparse-store.ts'
import type { Findings } from './findings.ts'
import type { Owners } from './owners.ts'

export function checkRows(findings: Findings, hooks: ComponentHooks, owners: Owners): void {
  const { name, store } = hooks
  findings.check('rows', `the rows of ${name}`, () => {
    if (store instanceof SparseStore) checkSparse(findings, hooks, store, owners)
    else if (owners.isKnown && store.rowCount > 0) {
      for (const eid of owners.of(hooks).certain) {
        const row = eid & owners.entityMask
        const { rowCount } = store
        if (row >= rowCount) findings.fail(0, `${rowCount} rows`, `one of entity ${eid}, ${row}`)
      }
    }
  })
}

function checkSparse(
  findings: Findings,
  hooks: ComponentHooks,
  { index, rowCount, count, tombstoneCount, untracked }: SparseStore,
  owners: Owners,
): void {
  const { entry } = index
  if (entry.rowCount === 0) return // disposed of
  findings.expect(entry.index, 'columns of length', rowCount, entry.rowCount)
  const place = new IndexPlace(entry)
  if (!findings.reach(entry.index, ', their index', { byteLength: place.wordCount * 4 })) return
  findings.expect(entry.index, 'a count of', findings.words[place.head], count)
  checkSlots(findings, place, count)
  const lostCount = checkKeys(findings, place, count)
  findings.expect(entry.index, 'lost rows:', lostCount, tombstoneCount)
  if (owners.isKnown) checkOwners(findings, place, count, owners, hooks, untracked)
}

function checkSlots(findings: Findings, place: IndexPlace, count: number): void {
  const slots = findings.words.subarray(place.slots, place.head + place.wordCount)
  const usedCount = slots.reduce((sum, slot) => sum + (slot === 0 ? 0 : 1), 0)
  findings.expect(place.head * 4, 'slots in use:', usedCount, count)
}

/** Checks the keys of the row index. Returns how many rows are tombstones. */
function checkKeys(findings: Findings, place: IndexPlace, count: number): number {
  const { words } = findings
  let lostCount = 0
  for (let row = 0; row < count; row++) {
    const key = words[place.keys + row]
    const eid = words[place.entities + row]
    const found = findRow(words, place, key)
    if (found !== row) findings.fail(place.head * 4, `row ${found} by key ${key}`, `row ${row}`)
    if (eid === 0) lostCount++
    else if (eid !== key)
      findings.fail(place.head * 4, `entity ${eid} in row ${row}`, `${key} or 0`)
  }
  return lostCount
}

function checkOwners(
  findings: Findings,
  place: IndexPlace,
  count: number,
  owners: Owners,
  hooks: ComponentHooks,
  untracked: ReadonlySet<number>,
): void {
  const { certain, possible } = owners.of(hooks)
  const { words } = findings
  const withRow = new Set(words.subarray(place.entities, place.entities + count))
  for (const eid of withRow) {
    if (eid === 0 || possible.has(eid) || untracked.has(eid)) continue
    findings.fail(place.head * 4, `a row of entity ${eid}`, 'that it has the component')
  }
  for (const eid of certain) {
    // A prefab may have no row: it gets one on the first write.
    if (withRow.has(eid) || owners.isPrefab(eid)) continue
    findings.fail(place.head * 4, `no row of entity ${eid}`, 'one, as it has the component')
  }
}
