import { readFileSync } from 'node:fs'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { markdown, REPOSITORY } from './markdown.ts'
import { GROUPS } from './pages.ts'

const FENCES = /^```[\s\S]*?^```/gm

const fileOf = (path: string) => new URL(`../${path}`, import.meta.url)

/** The first heading of a page. */
const titleOf = (page: string) =>
  readFileSync(fileOf(`${page}.md`), 'utf8').match(/^# (.+)$/m)?.[1] ?? page

const sidebar: DefaultTheme.SidebarItem[] = GROUPS.map(({ text, pages }) => ({
  text,
  items: pages.map((page) => ({ text: titleOf(page), link: `/${page}` })),
}))

// TypeDoc writes it: see build.mjs.
const api: DefaultTheme.SidebarItem[] = JSON.parse(
  readFileSync(fileOf('api/typedoc-sidebar.json'), 'utf8'),
)

export default defineConfig({
  title: 'Ashlar',
  description:
    'Typed memory for games in TypeScript, and bitECS components on any number of threads',
  lang: 'en',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown,
  vite: { build: { chunkSizeWarningLimit: 2000, reportCompressedSize: false } },
  transformPageData(page) {
    if (page.relativePath.startsWith('api/')) page.frontmatter.editLink = false
  },
  themeConfig: {
    search: {
      provider: 'local',
      // Without code: names are in headings and texts too, and the index is a third as large.
      options: { _render: (text, env, md) => md.render(text.replace(FENCES, ''), env) },
    },
    nav: [
      { text: 'Guide', link: '/getting-started', activeMatch: '^/(?!api/).+' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: [...sidebar, { text: 'API', link: '/api/', items: api }],
    outline: { level: [2, 3] },
    editLink: { pattern: `${REPOSITORY}/edit/main/docs/:path`, text: 'Edit this page on GitHub' },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
})
