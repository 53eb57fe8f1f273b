/** What an entity id can be. */
import { invalidArgument } from './errors.ts'

/** As bitECS has it: a versioned id whose highest bit is set is a negative number, or what is meant by it. */
export const isEntityId = (eid: unknown): eid is number =>
  typeof eid === 'number' && ((eid | 0) === eid || eid >>> 0 === eid)

/** The id as bitECS has it. @throws StorageError 'invalid-argument' */
export function checkedEid(eid: unknown, expected = 'an entity id'): number {
  if (isEntityId(eid)) return eid | 0
  throw invalidArgument('the entity', eid, expected)
}
