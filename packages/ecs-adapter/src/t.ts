/**
 * The field types of schemas: `{ x: t.f32, name: t.text }`. Bundlers leave out the types that you
 * do not name.
 * @module t
 */
export { eid } from './columns/eid-type.ts'
export { list } from './lists/list-type.ts'
export { text } from './lists/text-type.ts'
export { bool, f32, f64, i8, i16, i32, u8, u16, u32 } from './schema/scalar-types.ts'
