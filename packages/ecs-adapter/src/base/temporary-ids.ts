/** Ids for entities that commands spawn, until the commands are applied. */

/**
 * Temporary ids count down from here. They are small integers in every engine, and no entity has
 * such an id: ids are positive, except versioned ids with a high version. Of these, only ids of the
 * last version are in this range, with indices at least a million below the greatest index.
 * Temporary ids do not begin at -1, which users write into id fields for "none".
 */
export const TEMPORARY_FIRST = -(2 ** 20)
