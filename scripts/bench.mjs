// node scripts/bench.mjs [topics...] [options]; --help lists them, bench/README.md explains all.
import { register } from 'tsx/esm/api'

register()
// The topic of several workers has figures and tables of its own.
const isWorkers = process.argv[2] === 'workers'
await import(isWorkers ? '../bench/workers/driver.ts' : '../bench/driver/main.ts')
