// node page.mjs <chrome|firefox> <program> <bundle> [--bare]
//
// Runs a bundle of tests in a page, and prints what it prints. The page is cross-origin isolated,
// so that it may share memory; with --bare it is served without the headers that make it so.
import { createServer } from 'node:http'
import { basename, dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import puppeteer from 'puppeteer-core'
import sirv from 'sirv'

const [browserName, executablePath, bundle, option] = process.argv.slice(2)
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}
const headers = option === '--bare' ? {} : ISOLATION
const html = `<!doctype html><link rel="icon" href="data:,">
<script type="module" src="/${basename(bundle)}"></script>`

const files = sirv(dirname(bundle), {
  dev: true,
  setHeaders: (response) => response.setHeaders(new Map(Object.entries(headers))),
})
const server = createServer((request, response) => {
  if (request.url.split('?')[0] !== '/') return files(request, response)
  response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end(html)
})
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))

const browser = await puppeteer.launch({
  browser: browserName,
  executablePath,
  protocolTimeout: 0, // tests begin before the page counts as loaded: run.mjs limits their time
  // Chromium refuses to run as root with its sandbox, which is how it runs in most containers.
  args: browserName === 'chrome' && process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
const page = await browser.newPage()
const failure = await new Promise((done) => {
  page.on('console', (message) => {
    const text = stripVTControlCharacters(message.text()).trim()
    // uvu's marks stay in a row.
    process.stdout.write(/^[•✘]$/.test(text) ? `${text} ` : `${text}\n`)
    if (message.text().includes('Duration:')) done()
  })
  // A test of what becomes of a worker whose script is missing asks for one by this name.
  const failUnlessMeant = (failure) => {
    if (!String(failure).includes('/does-not-exist')) done(failure)
  }
  page.on('pageerror', failUnlessMeant)
  page.on('requestfailed', (request) => failUnlessMeant(`${request.url()} was not loaded`))
  page.on('error', done)
  const query = new URLSearchParams(
    Object.entries(process.env).filter(([name]) => name.startsWith('ASHLAR_')),
  )
  page.goto(`http://localhost:${server.address().port}/?${query}`, { timeout: 0 }).catch(done)
})
await browser.close()
server.close()
if (failure) {
  console.error(failure)
  process.exitCode = 1
}
