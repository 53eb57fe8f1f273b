/** Temporary ids stand for entities that commands spawn, until the commands are applied. */

/**
 * The first temporary id; later ones count down from it. Every engine stores these numbers as small
 * integers. No entity has such an id: ids are negative only if they have a high version. Such an id
 * is in this range only if it has the last version and an index near the greatest index: at least a
 * million below. The first id is not -1, because users write -1 into id fields for "none".
 */
export const TEMPORARY_FIRST = -(2 ** 20)
