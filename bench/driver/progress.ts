/** Shows one line that is written over; nothing where the output is not a terminal. */
export function showProgress(text: string): void {
  const { isTTY, columns } = process.stderr
  if (isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, columns)}`)
}
