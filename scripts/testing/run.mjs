// Runs one bundle on one engine, and reads the counts that uvu prints.
import { spawn } from 'node:child_process'
import { root } from './engines.mjs'

const MAX_MINUTES = 15

/** A crash, an empty run, a hang, or a test that did not finish counts as failed. */
export function run(engine, suite, file) {
  const label = `${suite.name} on ${engine.name}`
  return new Promise((done) => {
    const [command, ...args] = [...engine.command, file, ...(suite.isBare ? ['--bare'] : [])]
    // A group of its own, as some engines are a script that starts the real one.
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ASHLAR_ROOT: root },
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
    process.once('exit', endNow)
    let output = ''
    const timeout = setTimeout(() => {
      output += `\nStopped: it did not end within ${MAX_MINUTES} minutes`
      end('SIGTERM') // a browser is closed by whoever opened it
      setTimeout(endNow, 5000)
    }, MAX_MINUTES * 60_000)
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', (error) => (output += error))
    child.on('close', (code) => {
      clearTimeout(timeout)
      process.off('exit', endNow)
      const count = (name) => Number(output.match(new RegExp(`${name}:\\s+(\\d+)`))?.[1] ?? 0)
      const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map(count)
      const failed = Math.max(total - passed + skipped, code !== 0 || total === 0 ? 1 : 0)
      console.log(`\n=== ${label}\n${output.trimEnd()}`)
      done({ passed, failed, label })
    })
  })
}
