// A worker's program lies beside this one, as a source or bundled. A worker of Node 20 knows no
// TypeScript, not even under tsx: there it asks tsx for it first.

export function workerFile(name: string): URL {
  const isSource = import.meta.url.endsWith('.ts')
  const file = new URL(`./${name}.${isSource ? 'ts' : 'mjs'}`, import.meta.url)
  const isNode = process.versions.bun === undefined && process.versions.deno === undefined
  if (!isSource || !isNode) return file
  const tsx = import.meta.resolve('tsx/esm/api')
  const program = `import { register } from '${tsx}'; register(); await import('${file}')`
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`)
}
