/** `t.eid`, and the code of weak ids. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import { ScalarCode } from '../schema/scalar-code.ts'
import { callable } from '../schema/scalar-types.ts'
import type { EidType } from '../schema/schema.ts'
import { makeType } from '../schema/type-codes.ts'

/**
 * The id of an entity. The serializers of bitECS translate the ids of such columns and lists.
 *
 * After the entity is removed, the column keeps the id, and bitECS gives the id to another entity.
 * `t.eid({ weak: true })` is a field that gives 0 then: no column, but a `WeakEidField`.
 */
export const eid: EidType = /* @__PURE__ */ makeEid()

function makeEid(): EidType {
  const array: ScalarArrayConstructor<Int32Array> = Int32Array
  const type = { kind: 'scalar', name: 'eid', array } as const
  const call = (options: { readonly weak?: unknown }) => {
    checkOptions('the options of t.eid', options, ['weak'])
    const { weak = false } = options
    if (weak !== false) throw invalidArgument('weak of t.eid', weak, 'true or false')
    return makeType({ ...type }, new ScalarCode('eid', array))
  }
  return makeType(callable(call as never, type), new ScalarCode('eid', array))
}
