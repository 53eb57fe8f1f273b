// How much JavaScript garbage a step makes: by how much the heap grew over it. V8 counts its heap
// to the byte, objects of the last microsecond included. Where the collector ran in between, growth
// says nothing; those samples are left out.
import { getHeapStatistics } from 'node:v8'

/** One step in so many is measured; asking costs 0.3 microseconds and some garbage of its own. */
const STEPS_PER_SAMPLE = 4
/** Before the compilers have settled, much of the heap's growth is theirs. */
const WARM_UP_STEPS = 100

export interface GarbageMeter {
  /** Runs the step. */
  around(step: () => void): void
  /** Mean over the samples; undefined without any, or on an engine that cannot say. */
  bytesPerStep(): number | undefined
}

export function createGarbageMeter(): GarbageMeter {
  // JavaScriptCore knows its heap as of the last collection only, and takes milliseconds to say.
  const isMeasurable = process.versions.v8 !== undefined && process.versions.bun === undefined
  let stepIndex = 0
  let sampleCount = 0
  let sum = 0

  function sample(step: () => void): void {
    const own = growthOver(nothing)
    const growth = growthOver(step)
    if (own < 0 || growth < 0) return
    sampleCount++
    sum += growth - own
  }

  return {
    around(step) {
      stepIndex++
      const isSampled = stepIndex > WARM_UP_STEPS && stepIndex % STEPS_PER_SAMPLE === 0
      if (isMeasurable && isSampled) sample(step)
      else step()
    },
    bytesPerStep() {
      return sampleCount === 0 ? undefined : Math.max(sum / sampleCount, 0)
    },
  }
}

function growthOver(step: () => void): number {
  const before = getHeapStatistics().used_heap_size
  step()
  return getHeapStatistics().used_heap_size - before
}

/**
 * What it measures is the garbage of the statistics themselves, as compiled as they are by then.
 */
const nothing = () => {}
