// node scripts/bench.mjs [topics...] [options]; --help lists them, bench/README.md explains all.
import { register } from 'tsx/esm/api'

register()
// These topics have figures and tables of their own.
const hasOwnDriver = ['workers', 'load'].includes(process.argv[2])
await import(`../bench/${hasOwnDriver ? `${process.argv[2]}/driver` : 'driver/main'}.ts`)
