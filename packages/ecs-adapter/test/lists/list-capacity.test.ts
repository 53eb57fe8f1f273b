import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  isRun,
  leastRoomFor,
  PREFIX_BYTE_LENGTH,
  roomFor,
  shrunkRoom,
} from '../../src/lists/list-capacity.ts'

const test = suite('list-capacity')
const arena = Arena.create({ byteLength: 2 ** 24 })
const pool = arena.openPool()
const LARGEST = 512 * 1024

test('rooms fill the size classes of an arena', () => {
  const { classes } = arena.stats()
  const rooms = classes
    .map(({ maxByteLength }) => maxByteLength - PREFIX_BYTE_LENGTH)
    .filter((room) => room >= 16 && room <= LARGEST)
  assert.ok(rooms.length > 50)
  for (const room of rooms) {
    assert.is(roomFor(pool, room), room)
    assert.is(leastRoomFor(pool, room), room)
    assert.is(isRun(room), false)
  }
  for (let i = 1; i < rooms.length; i++) assert.is(roomFor(pool, rooms[i - 1] + 1), rooms[i])
  assert.is(roomFor(pool, 1), 16)
})

test('beyond the classes, rooms are whole spans, with an eighth to spare if memory allows', () => {
  for (const needed of [LARGEST + 1, LARGEST + 2 ** 16, 3_000_000, 10_000_000]) {
    for (const room of [leastRoomFor(pool, needed), roomFor(pool, needed)]) {
      assert.ok(isRun(room) && room % 16 === 0)
      const before = arena.stats().committedByteLength
      const block = pool.alloc(room + PREFIX_BYTE_LENGTH)
      const spanBytes = arena.stats().committedByteLength - before
      assert.ok(spanBytes - room <= 48, `${spanBytes - room} B of spans unused`)
      pool.free(block)
    }
    assert.ok(leastRoomFor(pool, needed) >= needed && leastRoomFor(pool, needed) < needed + 2 ** 16)
    assert.ok(
      roomFor(pool, needed) >= needed * 1.125 && roomFor(pool, needed) < needed * 1.125 + 2 ** 16,
    )
  }
})

test('the capacity is never below what is needed, also at the end of a size class or span', () => {
  for (const end of [2 ** 8, 2 ** 12, LARGEST, 9 * 2 ** 16, 20 * 2 ** 16]) {
    for (let needed = end - 64; needed <= end + 64; needed++) {
      assert.ok(leastRoomFor(pool, needed) >= needed, `${leastRoomFor(pool, needed)} < ${needed}`)
      assert.ok(roomFor(pool, needed) >= needed, `${roomFor(pool, needed)} < ${needed}`)
    }
  }
})

test('a list that shrank or grew does not move again for the next few bytes', () => {
  for (const byteLength of [1, 7, 16, 50, 100, 130, 250, 400, 5000, 77_777, 600_000, 2_000_000]) {
    for (const factor of [1, 1.3, 1.6, 2, 5]) {
      const room = roomFor(pool, Math.ceil(byteLength * factor))
      const shrunk = shrunkRoom(pool, room, byteLength)
      assert.ok(shrunk <= room && shrunk >= byteLength)
      const slack = byteLength < 256 ? 4 : byteLength >> 4
      if (shrunk < room) assert.ok(shrunk - byteLength >= slack)
      assert.is(shrunkRoom(pool, shrunk, byteLength), shrunk, 'it is where it should be')
      const grown = roomFor(pool, room + 1)
      assert.is(shrunkRoom(pool, grown, room + 1), grown)
      assert.is(shrunkRoom(pool, grown, room), grown, 'a list that grew may lose what made it grow')
    }
  }
})

test('a list that does not shrink spares at most a quarter of the room and 20 bytes', () => {
  for (let byteLength = 0; byteLength < 20_000; byteLength += 13) {
    for (
      let room = roomFor(pool, byteLength);
      room < 4 * byteLength + 64;
      room = roomFor(pool, room + 1)
    ) {
      if (shrunkRoom(pool, room, byteLength) !== room) continue
      const spare = room - byteLength
      assert.ok(spare <= room / 3 || spare < 36, `${byteLength} in ${room}`)
    }
  }
})

test.run()
