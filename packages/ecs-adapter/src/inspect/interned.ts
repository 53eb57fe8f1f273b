/**
 * Checks the two counts of each interned text: of the rows that have the text, and of the indexes
 * that list it.
 */
import type { FieldMemory } from '../fields/field-memory.ts'
import {
  createInternedTexts,
  ONE_INDEX,
  PREFIX_BYTE_LENGTH,
  REFERENCES,
} from '../lists/interned-texts.ts'
import type { Findings } from './findings.ts'

interface Counted {
  referenceCount: number
  indexCount: number
  /** The first link that has reached the block. */
  readonly where: string
}

export class InternedCounts {
  readonly #memory: FieldMemory
  readonly #counted = new Map<number, Counted>()

  constructor(memory: FieldMemory) {
    this.#memory = memory
  }

  /** Call it for each row that holds the text of a block. */
  addReference(block: number, where: string): void {
    this.#at(block, where).referenceCount++
  }

  /** Call it for each thread whose index lists the text. */
  addIndex(block: number, where: string): void {
    this.#at(block, where).indexCount++
  }

  /** Call it after all rows were added, and the intern logs of other threads. */
  check(findings: Findings): void {
    const internedTexts = this.#memory.find(createInternedTexts)
    if (internedTexts === undefined) return
    for (const block of internedTexts.index.keys()) this.addIndex(block, 'the index')
    for (const [block, { where, referenceCount, indexCount }] of this.#counted) {
      findings.check('interned', `an interned text, by ${where}`, () => {
        const info = findings.reach(block, '', { type: 'untyped' })
        if (info === undefined) return
        const byteLength = info.byteLength - PREFIX_BYTE_LENGTH
        if (byteLength <= 0) {
          findings.fail(block, `${info.byteLength} bytes`, 'a count and a text')
          return
        }
        const word = findings.words[block >> 2] >>> 0
        findings.expect(block, 'a count of references of', word & REFERENCES, referenceCount)
        findings.expect(block, 'a count of indexes of', Math.floor(word / ONE_INDEX), indexCount)
        const text = internedTexts.index.get(block)
        const first = block + PREFIX_BYTE_LENGTH
        if (
          text !== undefined &&
          !internedTexts.utf8.equals(text, findings.bytes, first, byteLength)
        ) {
          findings.fail(block, 'another text', JSON.stringify(text.slice(0, 100)))
        }
      })
    }
  }

  #at(block: number, where: string): Counted {
    let counted = this.#counted.get(block)
    if (counted === undefined) {
      counted = { referenceCount: 0, indexCount: 0, where }
      this.#counted.set(block, counted)
    }
    return counted
  }
}
