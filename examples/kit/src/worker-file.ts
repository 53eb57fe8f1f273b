// A worker of Node 20 knows no TypeScript, not even under tsx: there it asks tsx for it first.

/** A worker's program, which lies beside another module, as a source or bundled. */
export function workerFile(name: string, moduleUrl: string): URL {
  const isSource = moduleUrl.endsWith('.ts')
  const file = new URL(`./${name}.${isSource ? 'ts' : 'mjs'}`, moduleUrl)
  const isNode = process.versions.bun === undefined && process.versions.deno === undefined
  if (!isSource || !isNode) return file
  const tsx = import.meta.resolve('tsx/esm/api')
  const program = `import { register } from '${tsx}'; register(); await import('${file}')`
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`)
}
