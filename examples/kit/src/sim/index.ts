export { createHash, type Hash } from './hash.ts'
export { createRandom, type Random, randomBelow, randomState, randomStateOf } from './random.ts'
