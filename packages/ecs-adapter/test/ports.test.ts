import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkPort, onFailure, onMessage, type Port } from '../src/ports.ts'
import { assertThrows } from './support.ts'

const test = suite('ports')

test('what is no port is refused', () => {
  for (const bad of [undefined, null, 3, {}, { postMessage() {} }, () => {}]) {
    assertThrows(() => checkPort('the port', bad), 'invalid-argument', 'the port')
  }
  checkPort('the port', globalThis.EventTarget && new MessageChannel().port1)
})

test('messages through a port of the platform, until it is ended', async () => {
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

test('failures: of the kind that Node has, and of the web’s', () => {
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

test.run()
