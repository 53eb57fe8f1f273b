/** A worker in no group: adds and removes rows of a table until it is ended, or killed. */
import { Arena, type ArenaHandle, holdThreadLock, type ThreadLock } from '@ashlar/core'
import { attachTable, type Port, type TableHandle, t } from '@ashlar/ecs-adapter'
import { createRandom } from '../support.ts'

export const schema = { a: t.i32, b: t.f64, c: t.u8 }

export interface TableOrder {
  readonly arena: ArenaHandle
  readonly table: TableHandle
  readonly slot: number
  readonly lock: ThreadLock
  /** Word that counts the frames; -1 ends them. */
  readonly counter: number
}

/** Every row has its id in `a` and `b`: but the last of a chunk, that was just being written. */
async function work(order: TableOrder, post: (message: unknown) => void): Promise<void> {
  await holdThreadLock(order.lock)
  const arena = Arena.attach(order.arena)
  const pool = arena.openPool(order.slot)
  const table = attachTable<typeof schema>(order.table, pool)
  const random = createRandom(order.slot)
  const frame = () => {
    for (let i = 0; i < 300; i++) {
      const id = table.add()
      const [chunk, row] = [table.chunkOf(id)!, table.indexOf(id)]
      chunk.a[row] = chunk.b[row] = id
    }
    for (const chunk of table.ownChunks) {
      for (let i = chunk.rowCount - 1; i >= 0; i--) if (random(5) === 0) chunk.removeRow(i)
    }
    if (table.rowCount > 3000) table.clear()
    table.trim()
    table.sync()
    return Atomics.add(arena.i32, order.counter, 1) !== -1
  }
  const turn = () => {
    for (let i = 0; i < 20; i++) {
      if (frame()) continue
      table.detach()
      pool.close()
      post('closed')
      return
    }
    setTimeout(turn, 0)
  }
  turn()
}

export function churnTable(port: Port): void {
  const start = (order: TableOrder) => work(order, (message) => port.postMessage(message))
  if ('on' in port) port.on('message', (order) => start(order as TableOrder))
  else port.addEventListener('message', (event) => start((event as MessageEvent).data))
}
