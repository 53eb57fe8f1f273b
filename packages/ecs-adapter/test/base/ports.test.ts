import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkPort, hasEnded, onFailure, onMessage, type Port } from '../../src/base/ports.ts'
import { assertThrows } from '../support.ts'

const test = suite('ports')

test('other values than ports are refused', () => {
  for (const bad of [undefined, null, 3, {}, { postMessage() {} }, () => {}]) {
    assertThrows(() => checkPort('the port', bad), 'invalid-argument', 'the port')
  }
  checkPort('the port', globalThis.EventTarget && new MessageChannel().port1)
})

test('onMessage delivers messages of a port of the platform until it is stopped', async () => {
  const { port1, port2 } = new MessageChannel()
  const heard: unknown[] = []
  const stop = onMessage(port1 as Port, (message) => heard.push(message))
  await new Promise<void>((resolve) => {
    const end = onMessage(port1 as Port, () => {
      end()
      resolve()
    })
    port2.postMessage({ a: [1] })
  })
  assert.equal(heard, [{ a: [1] }])
  stop()
  port1.close()
  port2.close()
})

test('onFailure listens to events of Node and of the web', () => {
  type Listener = (value: unknown) => void
  const listeners = new Map<string, Listener>()
  const node = {
    postMessage() {},
    on: (event: string, listener: Listener) => listeners.set(event, listener),
    off: (event: string) => listeners.delete(event),
  }
  const heard: unknown[] = []
  const stop = onFailure(node, (reason) => heard.push(reason))
  listeners.get('error')?.('torn')
  listeners.get('exit')?.(1)
  stop()
  assert.is(listeners.size, 0)
  const web = Object.assign(new EventTarget(), { postMessage() {} }) as Port & EventTarget
  const stopWeb = onFailure(web, (reason) => heard.push(reason))
  web.dispatchEvent(Object.assign(new Event('error'), { message: 'worn' }))
  stopWeb()
  web.dispatchEvent(new Event('error'))
  assert.equal(heard, ['torn', 'exit 1', 'worn'])
})

test('a port of Node that closes was closed, though it passes an event', () => {
  const heard: string[] = []
  const node = {
    postMessage() {},
    on: (event: string, listener: (value: unknown) => void) => {
      if (event === 'close') listener(new Event('close'))
    },
    off() {},
  }
  onFailure(node, (reason) => heard.push(reason))
  assert.equal(heard, ['it was closed'])
})

test('onFailure reports a text for every value that the platform gives', () => {
  const heard: string[] = []
  const web = Object.assign(new EventTarget(), { postMessage() {} }) as Port & EventTarget
  const stop = onFailure(web, (reason) => heard.push(reason))
  const events = [
    new Event('error', { cancelable: true }), // a script that is missing, on a page
    Object.assign(new Event('error'), { message: '' }),
    Object.assign(new Event('error'), { message: undefined }),
    new Event('close'), // a port
    Object.assign(new Event('close'), { code: 3 }), // a worker of the web, on Bun
  ]
  for (const event of events) web.dispatchEvent(event)
  assert.ok(events[0].defaultPrevented, 'told here, and not to the page as well')
  stop()
  web.dispatchEvent(new Event('close'))
  const missing = 'its script could not be loaded'
  assert.equal(heard, [missing, missing, missing, 'it was closed', 'exit 3'])

  const node = new Map<string, (value: unknown) => void>()
  const [on, off] = [node.set.bind(node), node.delete.bind(node)]
  onFailure({ postMessage() {}, on, off }, (reason) => heard.push(reason))
  for (const thrown of [new Error('torn'), null, Symbol('s'), Object.create(null)]) {
    node.get('error')?.(thrown)
  }
  node.get('close')?.(undefined)
  const words = ['Error: torn', 'null', 'Symbol(s)', 'an object', 'it was closed']
  assert.equal(heard.slice(5), words)
})

test('hasEnded reads the thread id of a worker that has one', () => {
  const port = { postMessage() {}, on() {}, off() {} }
  assert.not.ok(hasEnded(port))
  assert.not.ok(hasEnded({ ...port, threadId: 3 } as Port))
  assert.ok(hasEnded({ ...port, threadId: -1 } as Port))
})

test.run()
