// node docs/build.mjs [--serve] [--base /path/] [--out folder]
//
// Writes the site of the docs to out/site: the pages of this folder, and the API from the
// docstrings. With --serve it serves them instead, and pages change as their files do. --base is
// the path of the site on its host.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build, createServer } from 'vitepress'
import { writeApi } from './api.mjs'

const { values } = parseArgs({
  options: {
    serve: { type: 'boolean', default: false },
    base: { type: 'string', default: '/' },
    out: { type: 'string', default: 'out/site' },
  },
})
const root = fileURLToPath(new URL('..', import.meta.url))
const docs = resolve(root, 'docs')

await writeApi()
if (values.serve) {
  const server = await createServer(docs, { base: values.base })
  await server.listen()
  server.printUrls()
} else {
  const outDir = resolve(root, values.out)
  await build(docs, { base: values.base, outDir })
  console.log(`the site is in ${outDir}; npm run docs -- --serve serves it`)
}
