/** A proxy that is a program of its own, with a configuration in a folder of its own. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../packages/cli/test/e2e/fixture/free-port.ts'

const START_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 3_000

/**
 * Starts a program with the configuration that `configure` writes for a port and a folder, and waits until it listens.
 * Debian's daemons lie in /usr/sbin, which is not on every PATH.
 */
export async function openProgram(command, { configure, args, packageName = command }) {
  const found = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
    .map((folder) => join(folder, command))
    .find((file) => existsSync(file))
  if (!found) throw new Error(`${command} is not installed. Get it with: sudo apt-get install ${packageName}`)
  const folder = mkdtempSync(join(tmpdir(), `poll-chat-${command}-`))
  const port = await freePort()
  const file = join(folder, 'proxy.conf')
  chmodSync(folder, 0o777) // a daemon that was started by root takes another account
  writeFileSync(file, `${configure({ port, folder })}\n`)
  const child = spawn(found, args({ file, folder }), {
    cwd: folder,
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  async function close() {
    signal(child, 'SIGTERM')
    await Promise.race([ended, pause(STOP_WITHIN_MS)])
    signal(child, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  for (const end = performance.now() + START_WITHIN_MS; !(await isOpen(port)); await pause(50)) {
    if (child.exitCode === null && performance.now() < end) continue
    await close()
    throw new Error(`${command} did not start: ${output.slice(-2_000)}`)
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** To its whole group: workers that a master has forked do not always end with it. */
function signal({ pid }, name) {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error // it has ended already
  }
}
