// Pages for tests: a server of files, and a browser.
import { createServer } from 'node:http'
import puppeteer from 'puppeteer-core'
import sirv from 'sirv'

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/**
 * Serves a folder. Pages are cross-origin isolated, so that they may share memory, unless `isBare`.
 * @param html the page at `/`; by default the folder's index.html
 */
export async function serve(folder, { isBare = false, html } = {}) {
  const headers = isBare ? {} : ISOLATION
  const files = sirv(folder, {
    dev: true,
    setHeaders: (response) => response.setHeaders(new Map(Object.entries(headers))),
  })
  const server = createServer((request, response) => {
    if (html === undefined || request.url.split('?')[0] !== '/') return files(request, response)
    response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end(html)
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() }
}

/** @param options of puppeteer, such as `args` */
export const launchBrowser = (name, executablePath, { args = [], ...options } = {}) =>
  puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath,
    // Chromium refuses to run as root with its sandbox, which is how it runs in most containers.
    args: name !== 'firefox' && process.getuid?.() === 0 ? ['--no-sandbox', ...args] : args,
    ...options,
  })
