/** Relations and pairs of bitECS, by the symbols that it marks them with. */

/** A hidden property of a pair: the relation that it is of. */
const RELATION = Symbol.for('bitecs-relation')
/** Hidden properties of relations; the second of the one that stands for all. */
const RELATION_DATA = Symbol.for('bitecs-relationData')
const WILDCARD = Symbol.for('bitecs-wildcard')
/** A property of what may be a pair, which bitECS asks for: undefined of all that are none. */
export const IS_PAIR = Symbol.for('bitecs-isPairComponent')

/** Of a pair its relation; all else as it is. */
export const pairToRelation = (what: object): object =>
  (what as { readonly [RELATION]?: object })[RELATION] ?? what

export const isPair = (what: object) => RELATION in what
export const isRelation = (what: object) => Object.hasOwn(what, RELATION_DATA)
export const isWildcard = (what: object) => Object.hasOwn(what, WILDCARD)
