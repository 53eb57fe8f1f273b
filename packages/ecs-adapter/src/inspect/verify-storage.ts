/**
 * This folder reports which invariants a storage breaks. It only reads. It follows a word of the
 * arena only to a live block that `blocks(arena)` lists. So overwritten words lead to findings, not
 * to errors. The folder may import from all folders below it.
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

/** Options of `verifyStorage`. */
export interface VerifyOptions {
  /**
   * Whether the arena holds nothing but this storage. Then each live block that the storage does
   * not use is a finding. Default false.
   */
  readonly exclusive?: boolean
}

/**
 * Checks a storage, and returns a list of what is wrong. The list is empty if all is well. Use it
 * in tests, and after an error 'corrupt'. It checks that
 *
 * - every block is live, has the right type and length, and is used once
 * - every column has as many rows as its component, and its typed array lies over these rows
 * - every row of a sparse component is in the index once, and its entity has the component, or the
 *   row waits for `sync`
 * - every entity with a component has a row
 * - every list and text is in a live block, and its row belongs to an entity or waits for `sync`
 * - the counts of every interned text agree with the rows and threads that use it
 * - other threads see the present components and entities
 * - chunks, owners, ids and row counts of every table agree
 * - every command buffer is complete, and is for this storage.
 *
 * Call it in the world's thread, outside of observers, while no other thread works. Worker groups
 * may be open if they idle. The call allocates nothing in the arena, and changes nothing. Damage in
 * the arena does not make it throw.
 *
 * It does not know packed entities, commands of attached threads, tables of a pool, and blocks of a
 * killed worker. With `exclusive`, their blocks are findings. Interned texts of a killed worker are
 * always findings.
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
