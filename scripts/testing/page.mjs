// node page.mjs <chrome|firefox> <program> <bundle> [--bare]
//
// Runs a bundle of tests in a page, and prints what it prints. The page is cross-origin isolated,
// so that it may share memory; with --bare it is served without the headers that make it so.
import { basename, dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { launchBrowser, serve } from './browser.mjs'

const [browserName, executablePath, bundle, option] = process.argv.slice(2)
const html = `<!doctype html><link rel="icon" href="data:,">
<script type="module" src="/${basename(bundle)}"></script>`
const server = await serve(dirname(bundle), { isBare: option === '--bare', html })
const browser = await launchBrowser(browserName, executablePath, {
  protocolTimeout: 0, // tests begin before the page counts as loaded: run.mjs limits their time
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
  page.goto(`${server.url}?${query}`, { timeout: 0 }).catch(done)
})
await browser.close()
server.close()
if (failure) {
  console.error(failure)
  process.exitCode = 1
}
