// node scripts/bench.mjs [topics...] [options]; --help lists them, bench/README.md explains all.
import { register } from 'tsx/esm/api'

register()
await import('../bench/driver/main.ts')
