/** Checks the chains of blocks with commands, and the blocks that open groups hold. */
import { checkedEnd } from '../commands/command-blocks.ts'
import * as layout from '../commands/command-layout.ts'
import type { OpenGroup } from '../storage/storage-api.ts'
import type { Findings } from './findings.ts'

/** @param serial the serial number of the storage for which the commands are */
export function checkCommands(
  findings: Findings,
  offsets: readonly number[],
  serial: number,
): void {
  for (const offset of offsets) {
    findings.check('commands', `the commands at ${offset}`, () => {
      const { words, pool } = findings
      for (let block = offset, place = 0; block !== 0; place++) {
        if (!findings.reach(block, `, block ${place}`, { type: 'untyped' })) return
        void checkedEnd({ pool, i32: words }, block)
        block = words[(block >> 2) + layout.BLOCK_NEXT]
      }
      findings.expect(offset, 'for storage', words[(offset >> 2) + layout.BLOCK_STORAGE], serial)
      findings.expect(
        offset,
        'a block in transit:',
        words[(offset >> 2) + layout.BLOCK_IN_TRANSIT],
        0,
      )
    })
  }
}

export function checkGroups(findings: Findings, groups: Iterable<OpenGroup>, serial: number): void {
  for (const { held } of groups) {
    findings.check('commands', 'a worker group', () => {
      findings.reach(held.controlBlock, ', its control block')
      for (const offset of held.reports) findings.reach(offset, ", a worker's report of errors")
      for (const offset of held.scratches) findings.reach(offset, ", a worker's scratch")
      for (const offset of held.inputs) findings.reach(offset, ', what runs are given')
    })
    checkCommands(findings, held.commands, serial)
  }
}
