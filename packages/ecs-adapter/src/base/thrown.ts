/** Errors of any realm, and of any copy of a package: `instanceof` knows one class. */

export const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown

/** Undefined for errors without a code, and for other values. */
export const codeOf = (thrown: unknown): unknown =>
  isError(thrown) && 'code' in thrown ? thrown.code : undefined
