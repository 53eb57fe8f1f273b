/** Objects that hold components or tables by name. To read a missing name throws an error. */
import { noSuch } from '../base/nearest.ts'

/**
 * Names that engines and libraries read from any object, to find out what it is. Promises, JSON,
 * consoles (Node reads `href`), test runners and React do so.
 */
const ASKED = /^(then|toJSON|href|inspect|asymmetricMatch|nodeType|tagName|(\$\$|@@).*)$/

/**
 * Returns an empty object for values by name. To read a missing name throws StorageError
 * 'invalid-argument'. Symbols, names of `Object.prototype`, `in` and `Object.keys` work as in any
 * object. An existing name is read at full speed, because only the prototype of the object is a
 * Proxy.
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
