/** The code in pages of Markdown. */
import { readFileSync } from 'node:fs'

/** The `ts` fences of a page by the file that they name; '' for those that name none. */
export function filesOf(page: string): Map<string, string> {
  const files = new Map<string, string>()
  const fences = /^```ts(?: (\S+\.ts))?\n([\s\S]*?)^```/gm
  for (const [, name = '', code] of readFileSync(page, 'utf8').matchAll(fences)) {
    files.set(name, `${files.get(name) ?? ''}${code}\n`)
  }
  return files
}
