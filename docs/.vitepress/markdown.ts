/** Beyond VitePress: anchors as on GitHub, links out of docs, and names of files. */
import { posix } from 'node:path'
import { slug } from 'github-slugger'
import type { MarkdownOptions, MarkdownRenderer } from 'vitepress'

export const REPOSITORY = 'https://github.com/ashlar-js/ashlar'

/** The anchor of a heading, given its text: the same on GitHub and on the site. */
export const anchorOf = (heading: string): string => slug(heading)

/** ` ```ts main.ts ` shows the name of the file; other words after the language are for tests. */
function nameFiles(md: MarkdownRenderer): void {
  const { fence } = md.renderer.rules
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index]
    const [language = '', word = ''] = token.info.trim().split(/\s+/)
    token.info = language
    const code = fence?.(tokens, index, ...rest) ?? ''
    if (!word.includes('.')) return code
    const name = md.utils.escapeHtml(word)
    return `<div class="file"><div class="file-name">${name}</div>${code}</div>`
  }
}

/** Relative links to files of the repository that are not in docs lead to GitHub. */
function linkToRepository(md: MarkdownRenderer): void {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href')
      if (token.type !== 'link_open' || href === null || !href.startsWith('.')) continue
      const path = posix.join('docs', posix.dirname(env.relativePath), href)
      if (!path.startsWith('docs/')) token.attrSet('href', `${REPOSITORY}/blob/main/${path}`)
    }
  })
}

export const markdown: MarkdownOptions = {
  anchor: { slugify: anchorOf },
  config(md) {
    nameFiles(md)
    linkToRepository(md)
  },
}
