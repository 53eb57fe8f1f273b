/** Recognises errors of any realm and any copy of a package: `instanceof` knows one class only. */

export const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown

/** The code of an error; undefined if the error has none, or the value is no error. */
export const codeOf = (thrown: unknown): unknown =>
  isError(thrown) && 'code' in thrown ? thrown.code : undefined
