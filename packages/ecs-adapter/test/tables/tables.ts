// Tables and helpers for the tests of tables.
import { Arena } from '@ashlar/core'
import type { Table } from '@ashlar/ecs-adapter'
import { scalars } from '../support.ts'

export const create = ({ byteLength = 2 ** 22, shared = true } = {}) => {
  const arena = Arena.create({ byteLength, shared })
  return { arena, pool: arena.openPool() }
}

export const small = { chunkByteLength: 2048 }

export const everyType = { ...scalars }

export const names = Object.keys(everyType) as (keyof typeof everyType)[]

export function fill(table: Table<typeof everyType>, id: number, value: number): void {
  const chunk = table.chunkOf(id)!
  const row = table.indexOf(id)
  for (const [i, name] of names.entries()) chunk[name][row] = (value + i) % 100
}
