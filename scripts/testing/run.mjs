// Runs one bundle on one engine, and reads the counts that uvu prints.
import { spawn } from 'node:child_process'
import { root } from './engines.mjs'

/** The longest suites are silent for a minute or two. */
const MAX_SILENT_MS = 600_000
/** Once it has counted: threads that a failed test left behind keep a process alive. */
const MAX_SILENT_MS_AT_END = 20_000

/**
 * A crash, an empty run, a hang, or a test that did not finish counts as failed. What is printed is
 * passed on at the end, or at once where `isLive`.
 */
export function run(engine, suite, file, { isLive = false, env = {} } = {}) {
  const label = `${suite.name} on ${engine.name}`
  return new Promise((done) => {
    const [command, ...args] = [...engine.command, file, ...(suite.isBare ? ['--bare'] : [])]
    // A group of its own, as some engines are a script that starts the real one.
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ASHLAR_ROOT: root, ...env },
      detached: true,
    })
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal)
      } catch {
        // has ended
      }
    }
    const endNow = () => end('SIGKILL')
    const endGently = () => end('SIGTERM') // a browser is closed by whoever opened it
    process.once('exit', endGently)
    let output = ''
    const stop = () => {
      print('\nStopped: it did not come to an end\n')
      endGently()
      setTimeout(endNow, 5000)
    }
    let timeout = setTimeout(stop, MAX_SILENT_MS)
    const print = (data) => {
      output += data
      if (isLive) process.stdout.write(data)
      clearTimeout(timeout)
      const hasCounted = /Duration:/.test(output)
      timeout = setTimeout(stop, hasCounted ? MAX_SILENT_MS_AT_END : MAX_SILENT_MS)
    }
    child.stdout.on('data', print)
    child.stderr.on('data', print)
    child.on('error', (error) => print(`${error}\n`))
    child.on('close', (code) => {
      clearTimeout(timeout)
      process.off('exit', endGently)
      const count = (name) => Number(output.match(new RegExp(`${name}:\\s+(\\d+)`))?.[1] ?? 0)
      const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map(count)
      const failed = Math.max(total - passed + skipped, code !== 0 || total === 0 ? 1 : 0)
      if (!isLive) console.log(`\n=== ${label}\n${output.trimEnd()}`)
      done({ passed, failed, label })
    })
  })
}
