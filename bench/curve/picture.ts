// The picture of the topic `curve`, for the docs. Its colours are those of the other pictures, and
// follow the reader's: light or dark.
import { resolve } from 'node:path'
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { root } from '../driver/build.ts'
import type { Figure } from '../driver/run.ts'
import { formatCount, type Line, linesOf, type Point } from './points.ts'

export const picturePath = resolve(root, 'docs/pictures/allocation-cost.svg')

const size = { width: 700, height: 400 }
const margins = { marginTop: 76, marginRight: 204, marginBottom: 58, marginLeft: 56 }
/** Between the middles of two labels, in pixels. */
const labelDistance = 20

/** As the picture names the contenders, and the classes of their colours. */
const shown: Readonly<Record<string, { readonly name: string; readonly color: string }>> = {
  ashlar: { name: 'Ashlar', color: 'pool' },
  'ashlar, typed': { name: 'Ashlar, typed', color: 'typed' },
  mimalloc: { name: 'mimalloc', color: 'mimalloc' },
  'glibc malloc': { name: 'glibc', color: 'glibc' },
}

const style = `
    text { font-family: system-ui, -apple-system, 'Segoe UI', sans-serif }
    svg { color: #1f2328 }
    .page { fill: #ffffff; stroke: #d1d9e0 }
    .note { color: #59636e }
    .grid { color: #d1d9e0 }
    .pool { color: #3b73b9 }
    .typed { color: #3f8a55 }
    .mimalloc { color: #a87410 }
    .glibc { color: #b93b3b }
    @media (prefers-color-scheme: dark) {
      svg { color: #f0f6fc }
      .page { fill: #0d1117; stroke: #3d444d }
      .note { color: #9da7b3 }
      .grid { color: #3d444d }
      .pool { color: #6ba4f0 }
      .typed { color: #5fbf7c }
      .mimalloc { color: #e0ac4a }
      .glibc { color: #f08a8a }
    }
  `

/** Draws the lines of the first engine that ran. @throws Error if none of them has a figure */
export function drawCurve(figures: readonly Figure[]): string {
  const [first] = linesOf(figures)
  if (first === undefined) throw new Error('no figures of curve, expected those of an engine')
  const [name, allLines] = first
  const lines = allLines.filter(({ contender }) => contender in shown)
  const { document } = parseHTML('<html><body></body></html>')
  const svg = Plot.plot({ ...optionsOf(lines), document })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-labelledby', 'title')
  svg.removeAttribute('class')
  svg.querySelector('style')?.remove()
  const engine = name.replace(/^node/, 'Node').replace(/\.\d+\.\d+$/, '')
  svg.insertAdjacentHTML('afterbegin', headOf(engine))
  return `${svg.outerHTML.replaceAll('><', '>\n<')}\n`
}

function headOf(engine: string): string {
  const { width, height } = size
  const title = 'Time of a free and an alloc of 64 bytes, at 100 to 1,000,000 live blocks'
  const unit = `ns per free and alloc of a random live block; Ashlar on ${engine}`
  return `<title id="title">${title}</title><style>${style}</style>
    <rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"></rect>
    <g text-anchor="start">
      <text x="24" y="34" font-size="16" font-weight="600">To replace a block of 64 bytes</text>
      <text class="note" x="24" y="58" font-size="13.5" fill="currentColor">${unit}</text>
    </g>`
}

function optionsOf(lines: readonly Line[]): Plot.PlotOptions {
  const counts = lines[0].points.map(({ liveCount }) => liveCount)
  const longest = Math.max(...lines.flatMap(({ points }) => points.map(({ ns }) => ns)))
  const highest = Math.ceil(longest / 25) * 25
  return {
    ...size,
    ...margins,
    style: { fontSize: '13.5px' },
    x: { type: 'log', domain: [counts[0], counts[counts.length - 1]] },
    y: { domain: [0, highest] },
    marks: [
      Plot.gridY({ className: 'grid', strokeOpacity: 1, ticks: 5 }),
      Plot.axisY({ className: 'note', tickSize: 0, label: null, ticks: 5 }),
      Plot.axisX(counts, { className: 'note', tickFormat: formatCount, label: null }),
      Plot.text(['live blocks'], {
        ...{ className: 'note', frameAnchor: 'bottom', dy: 46 },
      }),
      ...lines.flatMap(({ contender, points }) => {
        const options = { x: 'liveCount', y: 'ns', className: shown[contender].color }
        return [
          Plot.line(points, { ...options, stroke: 'currentColor', strokeWidth: 2.5 }),
          Plot.dot(points, { ...options, fill: 'currentColor', r: 3.5 }),
        ]
      }),
      ...labelsOf(lines, highest),
    ],
  }
}

/** Each beside the last point of its line, and apart from the other labels. */
function labelsOf(lines: readonly Line[], highest: number): Plot.Text[] {
  const plotHeight = size.height - margins.marginTop - margins.marginBottom
  const pixelsPerNs = plotHeight / highest
  const lastOf = ({ points }: Line): Point => points[points.length - 1]
  const fromLowest = [...lines].sort((a, b) => lastOf(a).ns - lastOf(b).ns)
  let lowest = 0
  return fromLowest.map((line) => {
    const last = lastOf(line)
    const { name, color } = shown[line.contender]
    const pixels = last.ns * pixelsPerNs
    const shiftedPixels = Math.max(pixels, lowest)
    lowest = shiftedPixels + labelDistance
    const range = `${Math.round(line.points[0].ns)} → ${Math.round(last.ns)} ns`
    return Plot.text([last], {
      ...{ x: 'liveCount', y: 'ns', dx: 12, dy: pixels - shiftedPixels },
      ...{ text: () => `${name}  ${range}`, textAnchor: 'start' },
      ...{ className: color, fontWeight: 600 },
    })
  })
}
