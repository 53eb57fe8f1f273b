// alloc + free of 64 bytes, with more and more live blocks. See README.md.
import { ashlarPool, ashlarTyped } from './alloc/ashlar.ts'
import { createWork, curve, nativeArgumentsOf, type Work } from './alloc/workloads.ts'
import { type Prepared, serveCases } from './case.ts'

const contenders: Readonly<Record<string, (work: Work) => Prepared>> = {
  ashlar: ashlarPool,
  'ashlar, typed': ashlarTyped,
}

const list = {
  operation: 'alloc + free',
  together: true,
  workloads: curve.map((workload) => {
    const nativeArguments = nativeArgumentsOf(workload)
    return { name: workload.name, contenders: Object.keys(contenders), nativeArguments }
  }),
}

await serveCases(list, ({ workload, contender }) => {
  const found = curve.find(({ name }) => name === workload)!
  return contenders[contender](createWork(found))
})
