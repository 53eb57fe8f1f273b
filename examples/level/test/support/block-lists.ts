import { type BlockMap, LIST_END } from '../../src/sim/wad-block-map.ts'

/** The lines of each block: what a block map says, whichever way its words are laid out. */
export function listsOf({ words, listStarts }: BlockMap): number[][] {
  return Array.from(listStarts, (start) => [
    ...words.subarray(start, words.indexOf(LIST_END, start)),
  ])
}
