/** The types of fields, as `t` of the package: a bundler drops those that are not named. */
export { eid } from './columns/eid-type.ts'
export { list } from './lists/list-type.ts'
export { text } from './lists/text-type.ts'
export { bool, f32, f64, i8, i16, i32, u8, u16, u32 } from './schema/scalar-types.ts'
