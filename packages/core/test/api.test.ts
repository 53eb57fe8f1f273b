// Every public function, with every odd value in the place of each of its arguments: it does what
// its docs say, or it refuses by an ArenaError and changes nothing. A new function is found, and
// asked for here.
import { ArenaError, blocks as blocksOf } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Call, createSite, findCalls, type Site } from './support/api.ts'
import { assertSameNumbers, assertSound } from './support/checks.ts'
import { type Contract, contracts, type Parameter } from './support/contracts.ts'
import { createOddValues, shownValue } from './support/values.ts'

const test = suite('api')

const functionOf = (name: string) => name.split(', ')[0]

/** The arguments of a call: good ones but for one, and whether that is taken. */
interface Attempt {
  readonly args: readonly unknown[]
  readonly what: string
  readonly isTaken: boolean
}

/** Other values in the place of one argument, and of each of its keys. */
function attemptsAt(site: Site, parameters: readonly Parameter[], index: number): Attempt[] {
  const { stranger, scratch, telemetry } = site
  const held = [stranger.arena, stranger.pool, stranger.closed, stranger.handle]
  const values = [...createOddValues(), ...held, scratch, telemetry]
  const { good, keys = {}, allowsMore = false } = parameters[index]
  const attempt = (name: string, value: unknown, argument: unknown, isTaken: boolean) => ({
    args: parameters.map((parameter, i) => (i === index ? argument : parameter.good)),
    what: `${name}: ${shownValue(value)}`,
    isTaken,
  })
  const isTaken = (value: unknown, { good, takes }: Parameter) => {
    try {
      return value === good || takes(value)
    } catch {
      return false // by a Proxy, whatever it is asked for
    }
  }
  const name = `argument ${index}`
  const attempts = values.map((value) =>
    attempt(name, value, value, isTaken(value, parameters[index])),
  )
  for (const [key, parameter] of Object.entries(keys)) {
    for (const value of values) {
      const argument = { ...(good as object), [key]: value }
      attempts.push(attempt(key, value, argument, isTaken(value, parameter)))
    }
    const misspelt = { ...(good as object), [`${key}s`]: 1 }
    if (!allowsMore) attempts.push(attempt(`${key}s`, 1, misspelt, false))
  }
  return [...attempts, attempt(name, good, good, true)]
}

/** Without any, if it is never called with fewer than it needs. */
const withoutArguments = (parameters: readonly Parameter[]): Attempt => ({
  args: [],
  what: 'no arguments',
  isTaken: parameters.every(({ takes }) => takes(undefined)),
})

/** What a call throws, and what its promise is rejected with; else what it gave is undone. */
async function errorOf(
  site: Site,
  call: Call,
  args: readonly unknown[],
  undo: Contract['undo'],
): Promise<unknown> {
  try {
    const result = await call(...args)
    undo?.(site, result)
  } catch (error) {
    return error ?? 'nothing'
  }
}

const isArenaError = (error: unknown, code?: string) =>
  error instanceof ArenaError && (code === undefined || error.code === code)

async function checkAll(name: string, contract: Contract, index: number): Promise<void> {
  const site = createSite()
  const { arena } = site
  const call = findCalls(site).get(functionOf(name))!
  const parameters = contract.parameters(site)
  const attempts = [withoutArguments(parameters)]
  if (parameters.length > 0) attempts.push(...attemptsAt(site, parameters, index))
  const failures: string[] = []
  const [before, blocks] = [arena.i32.slice(), blocksOf(arena)]
  for (const { args, what } of attempts.filter(({ isTaken }) => !isTaken)) {
    const error = await errorOf(site, call, args, undefined)
    if (error === undefined) failures.push(`${what} passes`)
    else if (!isArenaError(error) || isArenaError(error, 'out-of-memory')) {
      failures.push(`${what}: ${error}`)
    }
  }
  assert.equal(failures, [])
  assertSameNumbers(arena.i32, before, 'after calls that were refused')
  if (contract.onlyRefusals !== undefined) return
  for (const { args, what } of attempts.filter(({ isTaken }) => isTaken)) {
    const error = await errorOf(site, call, args, contract.undo)
    if (error !== undefined && !isArenaError(error, 'out-of-memory')) {
      failures.push(`${what}: ${error}`)
    }
    assertSound(arena)
    assert.equal(blocksOf(arena), blocks, what)
  }
  assert.equal(failures, [])
}

test('every public function has a contract here, and every contract has a function', () => {
  const expected = new Set(Object.keys(contracts).map(functionOf))
  assert.equal([...findCalls(createSite()).keys()].sort(), [...expected].sort())
})

for (const [name, contract] of Object.entries(contracts)) {
  const count = Math.max(1, contract.parameters(createSite()).length)
  for (let index = 0; index < count; index++) {
    test(`${name}: argument ${index}`, () => checkAll(name, contract, index))
  }
}

test.run()
