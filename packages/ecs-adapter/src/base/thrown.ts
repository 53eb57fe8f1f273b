/** What was thrown, by code of any realm and any copy of a package: `instanceof` knows its own. */

export const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown

/** The code of an error of ours; undefined of any other. */
export const codeOf = (thrown: unknown): unknown =>
  isError(thrown) && 'code' in thrown ? thrown.code : undefined
