/**
 * The public functions of the package, found by looking at what it exports and at what these give.
 */

import type { Pool } from '@ashlar/core'
import * as core from '@ashlar/core'
import * as tuning from '@ashlar/core/tuning'

/** One arena with a bit of everything that users hold. */
export interface Site {
  readonly arena: core.Arena
  readonly pool: Pool
  readonly typed: core.TypedPool
  readonly scratch: core.Scratch
  readonly telemetry: tuning.Telemetry
  readonly supervisor: tuning.Supervisor
  /** A live block of `pool`. */
  readonly block: number
  /** The pool of a thread that has died, as far as the arena knows. */
  readonly dead: Pool
  /** A scratch of that thread. */
  readonly deadScratch: number
  readonly reserved: number
  /** Another arena, with nothing in it; one of its pools is closed. */
  readonly stranger: {
    readonly arena: core.Arena
    readonly handle: core.ArenaHandle
    readonly pool: Pool
    readonly closed: Pool
  }
}

const BYTE_LENGTH = 8 * 65536
/** The last one of a site is never opened. */
export const SLOT_COUNT = 4

export function createSite(): Site {
  const arena = core.Arena.create({ byteLength: BYTE_LENGTH, slots: SLOT_COUNT, shared: true })
  const pool = arena.openPool()
  const dead = core.Arena.attach(arena.handle).openPool()
  const reserved = arena.reserveSlot()
  const block = pool.alloc(100)
  const scratch = core.createScratch(pool, { byteLength: 256 })
  const deadScratch = core.createScratch(dead, { byteLength: 256 }).offset
  const other = core.Arena.create({ byteLength: BYTE_LENGTH, shared: true })
  const closed = other.openPool()
  closed.close()
  return {
    ...{ arena, pool, typed: pool.of(100), scratch, block, dead, deadScratch, reserved },
    telemetry: tuning.openTelemetry(arena),
    supervisor: tuning.openSupervisor(arena),
    stranger: { arena: other, handle: other.handle, pool: other.openPool(), closed },
  }
}

/** A call of one public function. */
export type Call = (...args: unknown[]) => unknown

const isFunction = (value: unknown): value is Call => typeof value === 'function'

/**
 * The functions, getters and setters that an object has, its own and those of its class, by name.
 */
function membersOf(name: string, object: object): Map<string, Call> {
  const members = new Map<string, Call>()
  for (let from = object; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const [key, member] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (key === 'constructor') continue
      const path = `${name}.${key}`
      const { get, set, value } = member
      if (get !== undefined) members.set(`get ${path}`, () => get.call(object))
      if (set !== undefined) members.set(`set ${path}`, (given) => set.call(object, given))
      if (isFunction(value)) members.set(path, (...args) => value.apply(object, args))
    }
  }
  return members
}

/** What is exported, with what the objects can do that users get from it. */
export function findCalls(site: Site): Map<string, Call> {
  const calls = new Map<string, Call>()
  const add = (members: Map<string, Call>) => {
    for (const [name, call] of members) calls.set(name, call)
  }
  for (const [name, value] of Object.entries({ ...core, ...tuning })) {
    if (!isFunction(value)) throw new Error(`${name} is exported, and is no function`)
    const isClass = Function.prototype.toString.call(value).startsWith('class')
    if (!isClass) calls.set(name, value)
    else calls.set(`new ${name}`, (...args) => Reflect.construct(value, args))
  }
  for (const [key, value] of Object.entries(Object.getOwnPropertyDescriptors(core.Arena))) {
    if (isFunction(value.value) && key !== 'prototype') {
      const method = value.value
      calls.set(`Arena.${key}`, (...args) => method.apply(core.Arena, args))
    }
  }
  add(membersOf('arena', site.arena))
  add(membersOf('pool', site.pool))
  add(membersOf('typed', site.typed))
  add(membersOf('scratch', site.scratch))
  add(membersOf('telemetry', site.telemetry))
  add(membersOf('supervisor', site.supervisor))
  return calls
}
