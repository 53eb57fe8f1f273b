// What the topic `curve` shows: a table, and a picture.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { drawCurve } from '../curve/picture.ts'
import { formatCurve } from '../curve/table.ts'
import { type Figure, figureOf, ours } from '../driver/run.ts'

const test = suite('curve')

function figuresOf(contender: string, key: string, times: readonly number[]): Figure[] {
  const engine = { key, name: key === 'node' ? 'node 20.1.2' : key, command: '', arguments: [] }
  const names = ['live-100', 'live-1k', 'live-10k', 'live-100k', 'live-1M']
  return times.map((ns, i) => {
    const place = { topic: 'curve', workload: names[i], contender, engine }
    return figureOf({ ...place, arguments: [], ran: contender }, [ns])
  })
}

const figures = [
  ...figuresOf(ours, 'node', [5, 6, 8, 20, 40]),
  ...figuresOf(`${ours}, typed`, 'node', [4, 5, 6, 19, 39]),
  ...figuresOf(`${ours}, before`, 'node', [5, 6, 8, 20, 40]),
  ...figuresOf('mimalloc', 'native', [4, 5, 6, 30, 80]),
]

test('the table has each time, and its ratio to the first', () => {
  const lines = formatCurve(figures).split('\n')
  assert.match(lines[1], /live blocks: +100 +x +1k +x +10k +x +100k +x +1M +x/)
  assert.is(lines[2], 'node 20.1.2')
  const row = lines.find((line) => line.startsWith('  mimalloc'))
  assert.match(row!, /4\.00 +1\.00 +5\.00 +1\.25 +6\.00 +1\.50 +30\.0 +7\.50 +80\.0 +20\.0/)
})

test('a workload that did not run leaves its cells empty', () => {
  const some = figures.filter(({ workload }) => workload !== 'live-10k')
  const row = formatCurve(some).split('\n')[3]
  assert.match(row, /ashlar +5\.00 +1\.00 +6\.00 +1\.20 +20\.0 +4\.00/)
})

test('the picture names each line where it ends, and follows the colors of the reader', () => {
  const svg = drawCurve(figures)
  const labels = [...svg.matchAll(/>([^<>]+ ns)</g)].map(([, label]) => label)
  assert.equal(labels, ['Ashlar, typed  4 → 39 ns', 'Ashlar  5 → 40 ns', 'mimalloc  4 → 80 ns'])
  assert.match(svg, 'Ashlar on Node 20')
  assert.match(svg, 'prefers-color-scheme: dark')
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
})

test('labels of lines that end close to each other keep apart', () => {
  const svg = drawCurve(figures)
  const label = /\(12,([-\d.]+)\)"[^>]*>\s*<text transform="translate\(\S+,([\d.]+)\)/g
  const heights = [...svg.matchAll(label)].map(([, shift, height]) => +shift + +height)
  assert.is(heights.length, 3)
  for (let i = 1; i < heights.length; i++) assert.ok(heights[i - 1] - heights[i] >= 18)
})

test.run()
