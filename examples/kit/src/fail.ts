/**
 * Ends a program by the message of an error of a known class, and exit code 1. Any other is a fault
 * of the program, and wants its stack: it is thrown again.
 */
export function failWith(
  program: string,
  error: unknown,
  known: readonly (abstract new (...args: never[]) => Error)[],
): void {
  if (!(error instanceof Error && known.some((one) => error instanceof one))) throw error
  console.error(`${program}: ${error.message}`)
  process.exitCode = 1
}
