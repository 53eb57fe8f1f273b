/** Damage that is planted in a site, and what verify has to say of it. */
import { verify } from '@ashlar/core'
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Site, site } from './site.ts'

/** Pairs of a word and what is written to it. */
export type Writes = readonly (readonly [word: number, value: number])[]
export type Damage = readonly [name: string, writes: (s: Site) => Writes, message: RegExp]

/** The second word of a header: a byte length, an offset or a link. */
export const nextOf = (s: Site, offset: number) => s.headerWord(offset) + 1
/** Where the block of the shifted payload begins. */
export const blockOf = (s: Site) => {
  for (let block = s.shifted; ; block -= 16) {
    if (s.i32[nextOf(s, block)] === s.shifted) return block
  }
}

export const added = (s: Site, word: number, summand: number): Writes => [
  [word, s.i32[word] + summand],
]
export const record = (s: Site, span: number, field: number, value: number): Writes => [
  [s.recordWord(span, field), value],
]

/** Adds a test for each damage: verify finds it, among what else it finds. */
export function findsAll(test: Test, groups: Readonly<Record<string, readonly Damage[]>>): void {
  for (const [group, damages] of Object.entries(groups)) {
    for (const [name, writes, message] of damages) {
      test(`${group}: ${name}`, () => {
        const s = site()
        for (const [word, value] of writes(s)) {
          assert.is.not(s.i32[word], value, 'no damage')
          s.i32[word] = value
        }
        const found = verify(s.arena).map((violation) => violation.message)
        const isFound = found.some((text) => message.test(text))
        assert.ok(isFound, `${message} is not among: ${found.slice(0, 5).join('; ') || 'nothing'}`)
      })
    }
  }
}
