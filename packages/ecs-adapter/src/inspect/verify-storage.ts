/**
 * The room of inspection: reports which invariants a storage breaks. It only reads, and follows a
 * word of the arena only to a live block that `blocks(arena)` lists: so overwritten words lead to
 * findings, not to errors. The room may know all rooms below.
 */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { commandsOf } from '../storage/commands.ts'
import { checkedStorage } from '../storage/storage.ts'
import type { Storage } from '../storage/storage-api.ts'
import { checkColumns } from './columns.ts'
import { checkCommands, checkGroups } from './commands.ts'
import { Findings, type StorageViolation } from './findings.ts'
import { InternedCounts } from './interned.ts'
import { Owners } from './owners.ts'
import { checkPublished } from './published.ts'
import { checkRows } from './rows.ts'
import { checkTable } from './tables.ts'
import { checkVariableFields } from './variable.ts'

export interface VerifyOptions {
  /**
   * Whether the arena holds nothing but this storage: then each live block without a link from the
   * storage is a finding. Default false.
   */
  readonly exclusive?: boolean
}

/**
 * Reports where a storage breaks its invariants: nothing if it is sound. For tests and debugging.
 *
 *     every block         is live, has the type and length that its use implies, and one link to it
 *     every column        has as many rows as its component; its typed array is a view of them
 *     every sparse row    is in the index once; has an entity with the component, or waits for sync
 *     every owner         of a component has a row
 *     every handle        is 0, or leads to a list or text; its row has an owner or waits for sync
 *     interned texts      references = rows that hold them; indexes = threads that know them
 *     what is published   root, manifest and entities are those of the storage
 *     every table         chunks, owners, ids and row counts agree
 *     commands            chains of blocks end, and are for this storage
 *
 * Call it in the world's thread, outside of observers, while no other thread works: worker groups
 * may be open if they idle. It allocates nothing in the arena, changes nothing, and does not throw,
 * whatever the damage. It does not know packed entities, commands of
 * attached threads, or tables of a pool: with `exclusive`, their blocks are findings, as are blocks
 * of a killed worker. Its interned texts are findings in any case.
 *
 * @throws StorageError 'invalid-argument'
 */
export function verifyStorage(
  storage: Storage,
  options: VerifyOptions = {},
): readonly StorageViolation[] {
  const { pool, parts, tables, openGroups } = checkedStorage(storage)
  checkOptions('the options', options, ['exclusive'])
  const { exclusive = false }: { exclusive?: unknown } = options
  if (typeof exclusive !== 'boolean') throw invalidArgument('exclusive', exclusive, 'true or false')
  const findings = new Findings(pool)
  // Without the list of live blocks, no link can be checked.
  if (findings.violations.length > 0) return findings.violations
  const { memory } = parts
  const interned = new InternedCounts(memory)
  const owners = new Owners(parts.worlds)
  for (const { hooks, fields } of parts.components.all) {
    if (hooks === undefined) continue // a tag
    checkColumns(findings, hooks, fields)
    checkRows(findings, hooks, owners)
    checkVariableFields(findings, hooks, fields, { memory, owners, interned })
  }
  findings.check('column', 'the generations of ids', () => {
    for (const { blocks = [] } of parts.extensions.all) {
      for (const offset of blocks) findings.reach(offset)
    }
  })
  checkPublished(findings, parts, interned)
  interned.check(findings)
  for (const table of Object.values(tables)) checkTable(findings, table)
  const buffers = parts.extensions.find(commandsOf)?.buffers ?? []
  const commands = buffers.map(({ offset }) => offset)
  checkCommands(findings, commands, parts.publisher.serial)
  checkGroups(findings, openGroups, parts.publisher.serial)
  if (exclusive) findings.checkLeaks()
  return findings.violations
}
