// How entities change shards: the sender writes their fields into a block, the receiver makes an
// entity of its own world of it and frees the block.
//
//     word 0     | offset of the next block for the same shard, or 0
//     word 1 ... | the scalar fields of the entity's components, a word each
//     ...        | of each list: how many elements it has, and those, a word each
//
// Each kind of mail has a word for each pair of shards: the offset of the last block sent. The
// sender writes it during a step, the receiver takes it between two. Whatever was sent is read in
// one order, shard by shard and the latest first, whoever was quicker.
import type { ListField, ScalarArray } from '@ashlar/ecs-adapter'
import type { Scene } from './scene.ts'

export const ACTOR_MAILBOX = 0
export const SHOT_MAILBOX = 1
const MAIL_KIND_COUNT = 2

export const mailboxByteLength = (shardCount: number) =>
  4 * MAIL_KIND_COUNT * shardCount * shardCount

type Fields = Readonly<Record<string, ScalarArray | ListField>>

export interface Mailbox {
  /** Writes an entity into a block for another shard; it is the caller's to remove it. */
  send(eid: number, shard: number): void
  /** Makes an entity by `create` for each block that was sent here, and has `arrive` look at it. */
  receive(create: () => number, arrive: (eid: number) => void): void
}

type MailScene = Pick<Scene, 'arena' | 'pool' | 'commons' | 'shard' | 'events'>

export function createMailbox(
  scene: MailScene,
  kind: number,
  components: readonly Fields[],
): Mailbox {
  const { arena, pool, commons, shard, events } = scene
  const { u8, u16, i32 } = arena
  const { shardCount } = commons
  const fields = scalarsOf(components)
  const lists = components.flatMap((component) => Object.values(component).filter(isList))
  // By width: where an engine meets more than four types of array, each look makes garbage.
  const [words, halves, bytes] = [4, 2, 1].map((width) => fields.filter((f) => f.width === width))
  const fixedWords = 1 + fields.length + lists.length
  const wordOf = (from: number, to: number) =>
    (commons.mail >> 2) + (kind * shardCount + from) * shardCount + to

  function send(eid: number, to: number): void {
    let wordCount = fixedWords
    for (let i = 0; i < lists.length; i++) wordCount += lists[i].length(eid)
    const block = pool.alloc(4 * wordCount)
    let word = block >> 2
    for (let i = 0; i < words.length; i++) {
      i32[++word] = i32[(columnOf(words[i]).byteOffset >> 2) + eid]
    }
    for (let i = 0; i < halves.length; i++) {
      i32[++word] = u16[(columnOf(halves[i]).byteOffset >> 1) + eid]
    }
    for (let i = 0; i < bytes.length; i++) {
      i32[++word] = u8[columnOf(bytes[i]).byteOffset + eid]
    }
    for (let i = 0; i < lists.length; i++) {
      const length = lists[i].length(eid)
      const first = lists[i].offset(eid) >> 2
      i32[++word] = length
      for (let j = 0; j < length; j++) i32[++word] = i32[first + j]
    }
    const last = wordOf(shard, to)
    i32[block >> 2] = i32[last]
    i32[last] = block
    events.handedOver++
  }

  function receive(create: () => number, arrive: (eid: number) => void): void {
    for (let from = 0; from < shardCount; from++) {
      const last = wordOf(from, shard)
      while (i32[last] !== 0) {
        const block = i32[last]
        const eid = create()
        let word = block >> 2
        for (let i = 0; i < words.length; i++) {
          i32[(columnOf(words[i]).byteOffset >> 2) + eid] = i32[++word]
        }
        for (let i = 0; i < halves.length; i++) {
          u16[(columnOf(halves[i]).byteOffset >> 1) + eid] = i32[++word]
        }
        for (let i = 0; i < bytes.length; i++) {
          u8[columnOf(bytes[i]).byteOffset + eid] = i32[++word]
        }
        for (let i = 0; i < lists.length; i++) {
          const length = i32[++word]
          lists[i].resize(eid, length)
          const first = lists[i].offset(eid) >> 2
          for (let j = 0; j < length; j++) i32[first + j] = i32[++word]
        }
        i32[last] = i32[block >> 2]
        pool.free(block)
        arrive(eid)
      }
    }
  }

  return { send, receive }
}

interface Field {
  readonly columns: Readonly<Record<string, ScalarArray>>
  readonly name: string
  readonly width: number
}

/** Of elements of 4 bytes. */
const isList = (field: ScalarArray | ListField): field is ListField => !ArrayBuffer.isView(field)

function scalarsOf(components: readonly Fields[]): Field[] {
  return components.flatMap((component) =>
    Object.entries(component).flatMap(([name, field]) => {
      if (isList(field)) return []
      return { columns: component as Field['columns'], name, width: field.BYTES_PER_ELEMENT }
    }),
  )
}

/** Columns move when they grow: they are looked up by name, each time. */
const columnOf = ({ columns, name }: Field) => columns[name]
