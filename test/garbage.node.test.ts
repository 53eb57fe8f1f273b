import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, bundledModules, measureGarbage } from './support/garbage.ts'

const HERE = 'test/garbage.node.test.ts'
const test = suite('the garbage gate')

let sink: unknown
const counters = new Float64Array(8)

function writeInPlace(frame: number) {
  for (let i = 0; i < counters.length; i++) counters[i] += frame * 0.5
}
function plantObject(frame: number) {
  sink = { frame }
}
function plantByBuiltin(frame: number) {
  sink = [frame, frame + 1].map(Number.isInteger)
}
function plantRarely(frame: number) {
  if (frame % 50 === 0) sink = new Array(100)
}
const generated = new Function('frame', 'return { frame }') as (frame: number) => object
function plantByGeneratedCode(frame: number) {
  sink = generated(frame)
}

test('a frame that writes in place makes none', () => {
  const garbage = measureGarbage(writeInPlace)
  assert.equal(garbage.byModule.get(HERE), undefined)
  assertNoGarbage(garbage, [HERE])
})

test('one small object a frame is found, each of them, in its function', () => {
  const garbage = measureGarbage(plantObject, { frames: 500 })
  const sites = garbage.sites.filter(({ functionName }) => functionName === 'plantObject')
  assert.equal(
    sites.map(({ module }) => module),
    [HERE],
  )
  // A literal of one property is 16 to 48 bytes, by engine and by how far it is optimised.
  const byteLength = sites[0].byteLength
  assert.ok(byteLength >= 500 * 16 && byteLength <= 500 * 64, `${byteLength} B`)
  assert.is(garbage.byModule.get(HERE), byteLength)
  assert.throws(
    () => assertNoGarbage(garbage, ['test/']),
    /garbage in 500 frames.*\n {2}\d+ B {2}plantObject {2}test\/garbage\.node\.test\.ts/,
  )
  assertNoGarbage(garbage, ['node_modules/'])
  assert.throws(
    () => assertNoGarbage(garbage, ['absent/']),
    'no module of the bundle is below absent/',
  )
})

test('what a builtin or generated code allocates belongs to its caller', () => {
  const builtin = measureGarbage(plantByBuiltin, { frames: 300 })
  const generatedCode = measureGarbage(plantByGeneratedCode, { frames: 300 })
  assert.ok((builtin.byModule.get(HERE) ?? 0) >= 300 * 16)
  assert.ok((generatedCode.byModule.get(HERE) ?? 0) >= 300 * 16)
})

test('an allocation in one frame of fifty is found', () => {
  assert.ok((measureGarbage(plantRarely).byModule.get(HERE) ?? 0) >= 12 * 800)
})

test('what the collector took during the window still counts', () => {
  const collect = (frame: number) => {
    for (let i = 0; i < 1000; i++) sink = { frame, i }
  }
  // 40 MB of dead objects: several times the young generation.
  const garbage = measureGarbage(collect, { frames: 1000, windows: 1 })
  assert.ok((garbage.byModule.get(HERE) ?? 0) > 24e6, `${garbage.byModule.get(HERE)} B`)
})

test('modules are found in the text of the bundle', () => {
  const modules = bundledModules()
  assert.ok(modules.includes(HERE))
  assert.ok(modules.includes('test/support/garbage.ts'))
})

test.after(() => {
  sink = undefined
})
test.run()
void sink
