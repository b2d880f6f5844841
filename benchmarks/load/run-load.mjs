/** Starts the load generator as a process of its own on its own core. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { LOAD_CORE, pinned } from '../os.mjs'

const PROGRAM = fileURLToPath(new URL('./main.mjs', import.meta.url))

/** The room in which everything happens. */
export const ROOM = 'bench'

let runs = process.pid

/** Runs one job against a server. @param core `null` leaves it unpinned */
export function runLoad(server, job, { core = LOAD_CORE, timeoutMs = 90_000 } = {}) {
  const { port, pids, dialect } = server
  const whole = { room: ROOM, ...job, port, pids, dialect, run: runs++ % 100_000, timeoutMs }
  const child = spawn(...pinned(core ?? undefined, process.execPath, [PROGRAM, JSON.stringify(whole)]))
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  let output = ''
  let reason = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    reason += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', end)
      if (code === 0) resolve(JSON.parse(output))
      else reject(new Error(reason.slice(-1000) || `the load generator ended with ${code}`))
    })
  })
}
