// node report-pages.mjs <folder>
//
// Opens the folder's index.html in every browser that is installed, isolated and not, and prints
// what each page leaves in `document.body.dataset.report`: one line of JSON for each.
import { spawn } from 'node:child_process'
import { launchBrowser, serve } from './browser.mjs'
import { engines } from './engines.mjs'

const MAX_MS = 60_000
const folder = process.argv[2]

async function reportOf(browser, isBare) {
  const server = await serve(folder, { isBare })
  const page = await browser.newPage()
  try {
    const failure = new Promise((_done, fail) => {
      page.on('pageerror', fail)
      page.on('requestfailed', (request) => fail(new Error(`${request.url()} was not loaded`)))
    })
    await page.goto(server.url)
    const found = page.waitForSelector('body[data-report]', { timeout: MAX_MS })
    const body = await Promise.race([found, failure])
    return JSON.parse(await body.evaluate((element) => element.dataset.report))
  } catch (error) {
    return { error: String(error) }
  } finally {
    await page.close()
    server.close()
  }
}

/** An X server without a screen: a headless Firefox has no WebGL. Undefined if not installed. */
function startDisplay() {
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1024x768x24'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return new Promise((done) => {
    server.on('error', () => done(undefined))
    server.on('exit', () => done(undefined))
    server.stdout.once('data', (data) => {
      done({ name: `:${String(data).trim()}`, close: () => server.kill() })
    })
  })
}

async function openIn({ name, program }) {
  const display = name === 'firefox' ? await startDisplay() : undefined
  const browser = await launchBrowser(name, program, {
    headless: display === undefined,
    env: display ? { ...process.env, DISPLAY: display.name } : process.env,
    // Software draws where there is no graphics card.
    args: name === 'firefox' ? [] : ['--enable-unsafe-swiftshader'],
    extraPrefsFirefox: { 'webgl.force-enabled': true },
  })
  for (const isBare of [false, true]) {
    const report = await reportOf(browser, isBare)
    console.log(JSON.stringify({ browser: name, isBare, ...report }))
  }
  await browser.close()
  display?.close()
}

await Promise.all(engines.filter(({ kind }) => kind === 'page').map(openIn))
