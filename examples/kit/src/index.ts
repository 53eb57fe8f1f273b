// What the examples have in common: how they are measured and summed up. Workers load it, too.
export { assertEmpty, type MemoryFigures, memoryOf } from './arena-figures.ts'
export { engineName } from './engine-name.ts'
export {
  formatBytes,
  formatChecksum,
  formatCount,
  formatFigure,
  formatTable,
} from './format.ts'
export { createGarbageMeter } from './garbage-meter.ts'
export { measureSteps, REPORT_MS, type StepFigures, type Steps } from './measure-steps.ts'
export { percentile } from './percentile.ts'
export { garbageRow, memoryRow, row, stepRows } from './summary-rows.ts'
export { workerFile } from './worker-file.ts'
export { workerPort } from './worker-port.ts'
