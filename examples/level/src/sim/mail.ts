// How entities change shards: the sender writes their columns into a block, the receiver makes an
// entity of its own world of it and frees the block. Blocks that the entity holds change owner with
// it, for their offsets are in its columns.
//
//     word 0     | offset of the next block for the same shard, or 0
//     word 1 ... | the fields of the entity's components, a word each
//
// Each kind of mail has a word for each pair of shards: the offset of the last block sent. The sender
// writes it during a step, the receiver takes it between two. Whatever was sent is read in one order,
// shard by shard and the latest first, whoever was quicker.
import type { ScalarArray } from '@ashlar/ecs-adapter'
import type { Scene } from './scene.ts'

export const ACTOR_MAIL = 0
export const SHOT_MAIL = 1
const MAIL_KIND_COUNT = 2

export const mailByteLength = (shardCount: number) => 4 * MAIL_KIND_COUNT * shardCount * shardCount

type Columns = Readonly<Record<string, ScalarArray>>

export interface Mail {
  /** Writes an entity into a block for another shard; it is the caller's to remove it. */
  send(eid: number, shard: number): void
  /** Makes an entity by `create` for each block that was sent here, and has `arrive` look at it. */
  receive(create: () => number, arrive: (eid: number) => void): void
}

type MailScene = Pick<Scene, 'arena' | 'pool' | 'commons' | 'shard' | 'events'>

export function createMail(scene: MailScene, kind: number, components: readonly Columns[]): Mail {
  const { arena, pool, commons, shard, events } = scene
  const { u8, u16, u32, i32 } = arena
  const { shardCount } = commons
  // Columns move when they grow: they are looked up by name, each time.
  const fields = components.flatMap((columns) =>
    Object.keys(columns).map((name) => ({ columns, name })),
  )
  const byteLength = 4 * (1 + fields.length)
  const wordOf = (from: number, to: number) =>
    (commons.mail >> 2) + (kind * shardCount + from) * shardCount + to

  /** Copies an element of 1, 2 or 4 bytes, whatever its type. */
  function copy(from: number, to: number, elementByteLength: number): void {
    if (elementByteLength === 4) u32[to >> 2] = u32[from >> 2]
    else if (elementByteLength === 2) u16[to >> 1] = u16[from >> 1]
    else u8[to] = u8[from]
  }

  function send(eid: number, to: number): void {
    const block = pool.alloc(byteLength)
    for (let i = 0; i < fields.length; i++) {
      const { byteOffset, BYTES_PER_ELEMENT } = fields[i].columns[fields[i].name]
      copy(byteOffset + eid * BYTES_PER_ELEMENT, block + 4 * (i + 1), BYTES_PER_ELEMENT)
    }
    const word = wordOf(shard, to)
    i32[block >> 2] = i32[word]
    i32[word] = block
    events.handedOver++
  }

  function receive(create: () => number, arrive: (eid: number) => void): void {
    for (let from = 0; from < shardCount; from++) {
      const word = wordOf(from, shard)
      while (i32[word] !== 0) {
        const block = i32[word]
        const eid = create()
        for (let i = 0; i < fields.length; i++) {
          const { byteOffset, BYTES_PER_ELEMENT } = fields[i].columns[fields[i].name]
          copy(block + 4 * (i + 1), byteOffset + eid * BYTES_PER_ELEMENT, BYTES_PER_ELEMENT)
        }
        i32[word] = i32[block >> 2]
        pool.free(block)
        arrive(eid)
      }
    }
  }

  return { send, receive }
}
