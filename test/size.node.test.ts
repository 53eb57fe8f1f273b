// What the packed files add to the bundles of users stays within its budgets.
import { join, resolve } from 'node:path'
import { suite } from 'uvu'
import { packedProject, root, runNode } from './support/packed.ts'

const test = suite('size')

test('no bundle is above its budget', async () => {
  const packages = join(await packedProject(), 'node_modules/@ashlar')
  await runNode(root, resolve(root, 'scripts/size.mjs'), packages)
})

test.run()
