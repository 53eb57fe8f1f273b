/** The pages in the order of the sidebar: names of files in docs, without `.md`. */
export const GROUPS: readonly { readonly text: string; readonly pages: readonly string[] }[] = [
  { text: 'Start', pages: ['getting-started', 'concepts', 'bitecs-on-workers'] },
  { text: 'Components', pages: ['columns', 'lists-and-text', 'sparse-components', 'tables'] },
  { text: 'Threads', pages: ['workers', 'schedules', 'commands', 'worlds-per-worker', 'threads'] },
  { text: 'Memory', pages: ['memory', 'first-allocation', 'errors'] },
  {
    text: 'More',
    pages: [
      'rendering',
      'with-bitecs',
      'isolation',
      'saving',
      'recipes',
      'limits',
      'faq',
      'glossary',
    ],
  },
]
