/** `t.text`, and the code for its fields. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { byteLengthOfText } from '../base/utf8.ts'
import { FIRST_WORD_COUNT, FieldCode, type FieldObjectOptions } from '../fields/field-code.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { GivenValues } from '../fields/staging.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import { callable } from '../schema/scalar-types.ts'
import type { CallableTextType, TextType } from '../schema/schema.ts'
import { makeType, registerKind } from '../schema/type-codes.ts'
import { createInternedTexts } from './interned-texts.ts'
import { TextColumn } from './text-column.ts'
import { createTexts } from './texts.ts'

class TextCode extends FieldCode {
  readonly array = Uint32Array
  readonly #isInterned: boolean

  constructor(isInterned: boolean) {
    super()
    this.#isInterned = isInterned
  }

  get name(): string {
    return this.#isInterned ? 'text interned' : 'text'
  }

  override get signature(): string {
    return 'text'
  }

  override createColumn(options: FieldObjectOptions): TextColumn {
    const { memory } = options
    const plain = memory.get(createTexts)
    return new TextColumn(
      options,
      this.#isInterned ? memory.get(createInternedTexts) : plain,
      plain,
    )
  }

  take(
    _: FieldMemory,
    value: unknown,
    { texts }: GivenValues,
    i: number,
    component: string,
    field: string,
  ): void {
    if (typeof value !== 'string') {
      throw invalidArgument(`${component}.${field}`, value, 'a string')
    }
    texts[i] = value
  }

  valueOf(): string {
    return ''
  }

  override moreWordCount({ texts }: GivenValues, i: number): number {
    return 2 * Math.ceil(byteLengthOfText(texts[i]) / 8)
  }

  override storedMoreWordCount(words: Int32Array, index: number): number {
    return 2 * Math.ceil(words[index] / 8)
  }

  override store(
    { i32, u8 }: MemoryViews,
    { texts }: GivenValues,
    i: number,
    index: number,
    memory: FieldMemory,
  ): void {
    i32[index] = byteLengthOfText(texts[i])
    memory.get(createTexts).utf8.write(texts[i], u8, (index + FIRST_WORD_COUNT) * 4)
  }

  read(
    { i32, u8 }: MemoryViews,
    index: number,
    _: (eid: number) => number,
    memory: FieldMemory,
  ): string {
    const { utf8 } = memory.get(createTexts)
    return utf8.read(u8, (index + FIRST_WORD_COUNT) * 4, i32[index])
  }
}

/**
 * A text for each entity. The component has a `TextField` for it. If many entities have the same
 * text, use `t.text({ interned: true })`: then equal texts are stored once, and reads make no
 * string.
 */
export const text: CallableTextType = /* @__PURE__ */ makeText()

function makeText(): CallableTextType {
  const call = (options: { readonly interned?: unknown }): TextType => {
    checkOptions('the options of t.text', options, ['interned'])
    const { interned = false } = options
    if (typeof interned !== 'boolean') {
      throw invalidArgument('interned of t.text', interned, 'true or false')
    }
    return makeType({ kind: 'text', isInterned: interned }, new TextCode(interned))
  }
  const type: TextType = { kind: 'text', isInterned: false }
  return makeType(callable(call, type), new TextCode(false))
}

registerKind('text', (rest) => {
  return rest === '' || rest === 'interned' ? new TextCode(rest !== '') : undefined
})
