/** Objects of components or tables by name, which refuse to be read by a name that they lack. */
import { noSuch } from '../base/nearest.ts'

/**
 * What engines and libraries ask of any object, to find out what it is: promises, JSON, consoles
 * (Node asks for `href`), test runners and React.
 */
const ASKED = /^(then|toJSON|href|inspect|asymmetricMatch|nodeType|tagName|(\$\$|@@).*)$/

/**
 * An empty object for values by name. To read a name that is not there throws StorageError
 * 'invalid-argument'. Symbols, names of `Object.prototype`, `in` and `Object.keys` work as in any
 * object. A name that is there is read at full speed, as only its prototype is a Proxy.
 *
 * @param kind what the values are
 */
export function createNamed<T>(kind: 'component' | 'table'): Record<string, T> {
  const get = (_: object, key: PropertyKey, named: object): unknown => {
    if (typeof key !== 'string' || key in Object.prototype) {
      return Reflect.get(Object.prototype, key, named)
    }
    if (!ASKED.test(key)) throw noSuch(kind, key, Object.keys(named))
  }
  return Object.create(new Proxy(Object.create(null), { get }))
}
