import { spawnSync } from 'node:child_process'

/** Runs git in a folder, and gives what it prints. @throws Error that says why git refuses */
export function git(folder: string, args: readonly string[], environment = {}): string {
  const { error, status, stdout, stderr } = spawnSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  })
  if (error) throw new Error(`git does not run (${error.message})`)
  if (status !== 0) throw new Error(stderr.trim().replace(/^fatal: /, ''))
  return stdout.trim()
}
