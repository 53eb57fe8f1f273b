// What the programs of the examples have in common: their flags, what they show, how they fail.
export { failWith } from './fail.ts'
export { integer, positive, SECONDS_MAX, SEED_MAX } from './flags.ts'
export {
  createProgressView,
  openProgressView,
  type Progress,
  type ProgressView,
} from './progress.ts'
