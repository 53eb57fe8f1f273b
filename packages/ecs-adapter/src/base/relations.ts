/** Relations and pairs of bitECS, by the symbols of their hidden properties. */

/** Of a pair: its relation. */
const RELATION = Symbol.for('bitecs-relation')
const RELATION_DATA = Symbol.for('bitecs-relationData')
const WILDCARD = Symbol.for('bitecs-wildcard')
/** A property that bitECS asks of every component. */
export const IS_PAIR = Symbol.for('bitecs-isPairComponent')

/** Other objects are returned as they are. */
export const pairToRelation = (what: object): object =>
  (what as { readonly [RELATION]?: object })[RELATION] ?? what

export const isPair = (what: object) => RELATION in what
export const isRelation = (what: object) => Object.hasOwn(what, RELATION_DATA)
export const isWildcard = (what: object) => Object.hasOwn(what, WILDCARD)
