import { PassThrough } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createProgressView, type Progress } from '../src/progress.ts'

const test = suite('kit: progress')

function createStream(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 100,
    // What cli-progress calls on a terminal.
    cursorTo: () => true,
    moveCursor: () => true,
    clearLine: () => true,
    clearScreenDown: () => true,
  })
  let written = ''
  stream.on('data', (chunk) => {
    written += chunk
  })
  return { stream: stream as unknown as WriteStream, text: () => written }
}

const FIGURES = '1,235 steps/s  1,519 entities'
const at = (step: number): Progress => ({ name: 'E1M1', step, steps: 200, figures: FIGURES })

test('a terminal gets a bar with live figures', () => {
  const { stream, text } = createStream(true)
  const view = createProgressView(stream)
  view.show(at(0))
  assert.ok(text().includes('E1M1  ░░░░░░░░░░░░░░'), text())
  assert.ok(text().includes(FIGURES), text())
  view.show(at(200))
  assert.ok(text().includes('██████████████ 100 %'), text())
  view.stop()
})

test('its line fits into 100 columns', () => {
  const { stream, text } = createStream(true)
  const view = createProgressView(stream)
  view.show({ ...at(0), name: 'MAP01', figures: 'x'.repeat(69) })
  view.stop()
  const line = text()
    .split('\n')
    .find((part) => part.includes('MAP01'))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal takes out
  const shown = line!.replace(/\x1b(\[[?\d;]*[A-Za-z]|[78])/g, '')
  assert.ok(shown.length <= 100, `${shown.length}: ${shown}`)
})

test('elsewhere: a plain line every two seconds', () => {
  const { stream, text } = createStream(false)
  const { now } = performance
  let ms = 1000
  performance.now = () => ms
  try {
    const view = createProgressView(stream)
    for (let step = 0; step <= 200; step++) {
      ms += 30
      view.show(at(step))
    }
    view.stop()
  } finally {
    performance.now = now
  }
  const lines = text().trimEnd().split('\n')
  assert.is(lines.length, 3)
  assert.is(lines[0], `  E1M1  33 % ${FIGURES}`)
  assert.not.ok(text().includes('\x1b'))
})

test.run()
