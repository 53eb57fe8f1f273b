/**
 * Recognizes errors of any realm and of any copy of a package. (`instanceof` knows only one class.)
 */

export const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown

/** Returns the `code` of a thrown value. Returns undefined if it is no error or has no code. */
export const codeOf = (thrown: unknown): unknown =>
  isError(thrown) && 'code' in thrown ? thrown.code : undefined
