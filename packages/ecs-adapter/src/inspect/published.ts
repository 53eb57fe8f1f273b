/**
 * Checks the data that other threads read: the root, and the manifest, entities and logs to which
 * it leads.
 */
import { encodeManifest, readManifest } from '../attach/published.ts'
import { FIRST_ENTRY } from '../lists/intern-log.ts'
import { Lists } from '../lists/lists.ts'
import { ROOT_SERIAL, SLOT_CAPACITY } from '../shared/attachments.ts'
import * as rootLayout from '../shared/storage-root.ts'
import type { StorageParts } from '../storage/storage-parts.ts'
import type { Findings } from './findings.ts'
import type { InternedCounts } from './interned.ts'
import { checkList } from './variable.ts'

export function checkPublished(
  findings: Findings,
  parts: StorageParts,
  interned: InternedCounts,
): void {
  const { publisher } = parts
  if (publisher.root === 0) return
  findings.check('published', 'the root', () => checkRoot(findings, publisher))
  findings.check('published', 'the manifest', () => checkManifest(findings, publisher))
  findings.check('published', 'the entities', () => checkEntities(findings, publisher.entities))
  findings.check('published', 'the spare manifest', () => {
    if (publisher.spare !== 0) findings.reach(publisher.spare)
  })
  findings.check('published', 'what waits for attached threads', () => {
    for (const offset of publisher.retired.offsets) findings.reach(offset)
  })
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    const block = findings.words[(publisher.root >> 2) + rootLayout.internLogWord(slot)]
    if (block === 0) continue
    const what = `the intern log of slot ${slot}`
    findings.check('published', what, () => checkInternLog(findings, parts, block, what, interned))
  }
}

function checkRoot(findings: Findings, publisher: StorageParts['publisher']): void {
  const { root, manifest, entities, epoch, serial } = publisher
  if (!findings.reach(root, '', { byteLength: rootLayout.BYTE_LENGTH })) return
  const word = (field: number) => findings.words[(root >> 2) + field]
  findings.expect(root, 'magic', word(0), rootLayout.MAGIC)
  findings.expect(root, 'serial number', word(ROOT_SERIAL), serial)
  findings.expect(root, 'epoch', word(rootLayout.EPOCH), epoch)
  findings.expect(root, 'a manifest at', word(rootLayout.MANIFEST), manifest)
  findings.expect(root, 'entities at', word(rootLayout.ENTITIES), entities)
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    if (word(rootLayout.attachedWord(slot)) === 0) continue
    const lag = (epoch - word(rootLayout.seenWord(slot))) | 0
    if (lag < 0)
      findings.fail(root, `epoch ${word(rootLayout.seenWord(slot))} seen by slot ${slot}`, epoch)
  }
}

function checkManifest(findings: Findings, publisher: StorageParts['publisher']): void {
  const { manifest, isCurrent, present } = publisher
  if (!findings.reach(manifest)) return
  const told = readManifest(findings.pool, findings.words, manifest)
  if (!isCurrent) return
  if (!isEqual(encodeManifest(told), encodeManifest(present)))
    findings.fail(manifest, 'another one', 'that of now')
}

const isEqual = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

function checkEntities(findings: Findings, offset: number): void {
  const info = findings.reach(offset)
  if (info === undefined) return
  const most = (info.byteLength - rootLayout.PUBLISHED_HEAD_BYTE_LENGTH) / 4
  findings.expect(
    offset,
    'a count of',
    findings.words[(offset >> 2) + rootLayout.PUBLISHED_COUNT],
    most,
  )
}

/** Checks the intern log of a thread that is attached, or was attached. */
function checkInternLog(
  findings: Findings,
  { memory }: StorageParts,
  block: number,
  what: string,
  interned: InternedCounts,
): void {
  const lists = new Lists(memory.views, Uint32Array)
  if (!checkList(findings, lists, Uint32Array, block, '')) return
  const length = lists.length(block)
  for (let i = FIRST_ENTRY; i < length; i++) {
    const text = lists.load(block, i)
    if (text !== 0) interned.addIndex(text, what)
  }
}
