/** Starts one server in a folder of its own and ends it, whatever happens. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pinned, SERVER_CORE } from '../os.mjs'

const START_MS = 15_000
const STOP_MS = 6_000

const folders = new Set()
const running = new Set()
process.on('exit', () => {
  for (const child of running) killGroup(child)
  for (const folder of folders) remove(folder)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

/** A new folder, removed with `removeFolder` or at the end. On the disk of the checkout's temporary folder. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-bench-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder) {
  remove(folder)
  folders.delete(folder)
}

/**
 * Spawns a program on the server's core and waits for the line that says its port.
 * @param core `null` leaves it unpinned
 */
export async function startProcess(command, args, { env = {}, core = SERVER_CORE, portPattern, port, cwd } = {}) {
  const child = spawn(...pinned(core ?? undefined, command, args), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that its workers end with it
  })
  running.add(child)
  const output = collect(child)
  const stop = async () => {
    child.kill('SIGTERM')
    const end = performance.now() + STOP_MS
    while (!hasEnded(child) && performance.now() < end) await sleep(20)
    killGroup(child)
    running.delete(child)
  }
  try {
    const found = await (portPattern ? portIn(output, portPattern, child) : portOpen(port, output, child))
    return { pid: child.pid, port: found, stop, output }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

function collect(child) {
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output.text = (output.text + text).slice(-4000)
    })
  }
  child.on('error', (error) => {
    output.text += error.message
  })
  return output
}

async function portIn(output, pattern, child) {
  for (const end = performance.now() + START_MS; performance.now() < end; await sleep(10)) {
    const port = pattern.exec(output.text)?.[1]
    if (port) return Number(port)
    if (hasEnded(child)) break
  }
  throw new Error(`it did not start: ${output.text}`)
}

async function portOpen(port, output, child) {
  const { connect } = await import('node:net')
  for (const end = performance.now() + START_MS; performance.now() < end; await sleep(20)) {
    if (hasEnded(child)) break
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return port
  }
  throw new Error(`it did not start: ${output.text}`)
}

function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

function killGroup(child) {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error // it has ended already
  }
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
