// How entities change shards: the sender moves one out of its world, the receiver moves it into its
// own. What travels is the offset of the packed entity, in a letter:
//
//     word 0 | offset of the letter that was sent before, or 0
//     word 1 | offset of the packed entity
//
// The mail has a word for each pair of shards: the offset of the last letter sent. The sender
// writes it in one part of a step, the receiver takes it in a later one. Whatever was sent is read
// in one order, shard by shard and the latest first, whoever was quicker.
import { freePacked, moveIn, moveOut } from '@ashlar/ecs-adapter'
import type { Scene } from './scene.ts'

const LETTER_BYTE_LENGTH = 8

export const mailByteLength = (shardCount: number) => 4 * shardCount * shardCount

export interface Mailbox {
  /** Takes an entity out of this shard's world, for another shard. */
  send(eid: number, shard: number): void
  /** Moves in what was sent here, and has `arrive` look at each entity. */
  receive(arrive: (eid: number) => void): void
  /** Frees what was sent here and not received: when a run ends between the parts of a step. */
  dispose(): void
}

type MailScene = Pick<Scene, 'arena' | 'pool' | 'storage' | 'commons' | 'shard' | 'events'>

export function createMailbox(scene: MailScene): Mailbox {
  const { arena, pool, storage, commons, shard, events } = scene
  const { i32 } = arena
  const { shardCount } = commons
  const letters = pool.of(LETTER_BYTE_LENGTH)
  const wordOf = (from: number, to: number) => (commons.mail >> 2) + from * shardCount + to

  return {
    send(eid, to) {
      const letter = letters.alloc()
      try {
        i32[(letter >> 2) + 1] = moveOut(storage, eid)
      } catch (error) {
        letters.free(letter)
        throw error
      }
      const last = wordOf(shard, to)
      i32[letter >> 2] = i32[last]
      i32[last] = letter
      events.handedOver++
    },
    receive(arrive) {
      for (let from = 0; from < shardCount; from++) {
        const last = wordOf(from, shard)
        while (i32[last] !== 0) {
          const letter = i32[last]
          const eid = moveIn(storage, i32[(letter >> 2) + 1])
          i32[last] = i32[letter >> 2]
          letters.free(letter)
          arrive(eid)
        }
      }
    },
    dispose() {
      for (let from = 0; from < shardCount; from++) {
        const last = wordOf(from, shard)
        while (i32[last] !== 0) {
          const letter = i32[last]
          freePacked(pool, i32[(letter >> 2) + 1])
          i32[last] = i32[letter >> 2]
          letters.free(letter)
        }
      }
    },
  }
}
