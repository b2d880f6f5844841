import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export type ServerProcess = {
  readonly url: string
  readonly pid: number
  /** As a power cut would: nothing is finished. */
  kill(): Promise<void>
  /** As `systemctl stop` would. Returns the exit code. */
  terminate(): Promise<number | null>
}

/** A server in a process of its own, which ends with the test. */
export async function spawnServer(engine: string): Promise<ServerProcess> {
  const program = fileURLToPath(new URL('./server-process.ts', import.meta.url))
  const child = spawn(process.execPath, [program, engine], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  onTestFinished(() => end(child, exited))
  const url = await firstLine(child, exited)
  return {
    url,
    pid: child.pid ?? 0,
    kill: () => end(child, exited),
    async terminate() {
      child.kill('SIGTERM')
      const [code] = await exited
      return typeof code === 'number' ? code : null
    },
  }
}

async function firstLine(child: ChildProcess, exited: Promise<unknown>): Promise<string> {
  if (!child.stdout) throw new Error('The process has no standard output.')
  const lines = createInterface(child.stdout)
  const line = await Promise.race([once(lines, 'line'), exited])
  if (!Array.isArray(line) || typeof line[0] !== 'string') throw new Error('The server ended before it listened.')
  return line[0]
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await exited
}
