// The site of the docs builds, and all links lead somewhere: those of the site, and those that
// GitHub shows.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anchorOf, REPOSITORY } from '../docs/.vitepress/markdown.ts'

const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const test = suite('site')

const out = `out/site-${process.pid}`
const folder = resolve(root, out)
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const read = (file: string) => readFileSync(resolve(root, file), 'utf8')
const pages = readdirSync(resolve(root, 'docs')).filter((name) => name.endsWith('.md'))

/** What a file links to, and the anchors it has. */
interface Linked {
  readonly links: readonly string[]
  readonly anchors: ReadonlySet<string>
}

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, one]) => one)

function linkedInHtml(html: string): Linked {
  const links = all(html, /<a\b[^>]*? href="([^"]*)"/g).map((link) => link.replaceAll('&amp;', '&'))
  return { links: [...new Set(links)], anchors: new Set(all(html, / id="([^"]*)"/g)) }
}

/** As GitHub reads Markdown. */
function linkedInMarkdown(markdown: string): Linked {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, '')
  const counts = new Map<string, number>()
  const anchors = all(text, /^#{1,6} +(.+)$/gm).map((heading) => {
    const anchor = anchorOf(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, ''))
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
  const code = text.replace(/`[^`\n]*`/g, '')
  const links = [
    ...all(code, /\]\(<?([^)\s>]+)/g),
    ...all(code, /^\[[^\]]+\]: +(\S+)/gm),
    ...all(code, /(?:href|src)="([^"]+)"/g),
  ]
  return { links, anchors: new Set([...anchors, ...all(code, /(?:id|name)="([^"]+)"/g)]) }
}

/** The links of files that lead to no file, or to no anchor of it. */
function broken(
  files: ReadonlyMap<string, Linked>,
  targetOf: (link: string, from: string) => string | undefined,
  exists: (path: string, from: string) => boolean,
): string[] {
  return [...files].flatMap(([from, { links }]) =>
    links
      .filter((link) => {
        const target = targetOf(link, from)
        if (target === undefined) return false
        const [path, anchor = ''] = decodeURI(target).split('#')
        if (!exists(path, from)) return true
        const anchors = files.get(path)?.anchors
        return anchor !== '' && anchors !== undefined && !anchors.has(anchor)
      })
      .map((link) => `${from} links to ${link}`),
  )
}

test('the site builds', () => {
  execFileSync(process.execPath, [resolve(root, 'docs/build.mjs'), '--out', out], {
    cwd: root,
    stdio: 'pipe',
    timeout: 300_000,
  })
  for (const page of pages) {
    assert.ok(existsSync(resolve(folder, page.replace('.md', '.html'))), page)
  }
})

test('every page is in the sidebar', () => {
  const html = readFileSync(resolve(folder, 'memory.html'), 'utf8')
  const sidebar = html.match(/<aside class="VPSidebar"[\s\S]*?<\/aside>/)?.[0] ?? ''
  const { links } = linkedInHtml(sidebar)
  const expected = pages.filter((page) => page !== 'index.md')
  const missing = expected.filter((page) => !links.includes(`/${page.replace('.md', '.html')}`))
  assert.equal(missing, [])
})

test('links of the site lead to pages and anchors', () => {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = new Map(
    names
      .filter((name) => name.endsWith('.html') && name !== '404.html')
      .map((name) => [name, linkedInHtml(readFileSync(resolve(folder, name), 'utf8'))]),
  )
  const targetOf = (link: string, from: string) => {
    if (/^[a-z]+:/.test(link)) return undefined
    const { pathname, hash } = new URL(link, `http://site/${from}`)
    return `${pathname.slice(1).replace(/(^|\/)$/, '$1index.html')}${hash}`
  }
  const found = broken(files, targetOf, (path) => existsSync(resolve(folder, path)))
  assert.equal(found, [])
})

test('links on GitHub lead to files and anchors', () => {
  const folders = ['.', 'bench', 'packages/core', 'packages/ecs-adapter']
  const others = folders.flatMap((one) =>
    readdirSync(resolve(root, one)).flatMap((name) =>
      name.endsWith('.md') ? [posix.join(one, name)] : [],
    ),
  )
  const files = new Map(
    [...others, ...pages.map((page) => `docs/${page}`)].map((file) => [
      file,
      linkedInMarkdown(read(file)),
    ]),
  )
  const targetOf = (link: string, from: string) => {
    const own = link.match(`^${REPOSITORY}/(?:blob|tree)/main/(.*)$`)?.[1]
    if (own !== undefined) return own
    if (/^[a-z]+:/.test(link)) return undefined
    return link.startsWith('#') ? `${from}${link}` : posix.join(posix.dirname(from), link)
  }
  const exists = (path: string, from: string) => {
    // The API is on the site only, where the test before has followed the links to it.
    if (path.startsWith('docs/api/')) return from.startsWith('docs/')
    return existsSync(resolve(root, path))
  }
  assert.equal(broken(files, targetOf, exists), [])
})

test('links that lead nowhere are found', () => {
  const files = new Map([
    ['a.md', linkedInMarkdown('# A `b`: c\n[1](#a-b-c) [2](#d) [3](b.md#e) [4](b.md) [5](c.md)')],
    ['b.md', linkedInMarkdown('## E\n## E\n```ts\n[1](x.md)\n```\n[2](#e-1) `[3](y.md)`')],
  ])
  const targetOf = (link: string, from: string) => (link.startsWith('#') ? from + link : link)
  const found = broken(files, targetOf, (path) => files.has(path))
  assert.equal(found, ['a.md links to #d', 'a.md links to c.md'])
  assert.equal(linkedInHtml('<a class="x" href="/b.html#c"><h2 id="d">'), {
    links: ['/b.html#c'],
    anchors: new Set(['d']),
  })
})

test.run()
