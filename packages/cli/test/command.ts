/** The built command as its users start it, in an environment of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const BIN = fileURLToPath(new URL('../bin/poll-chat.js', import.meta.url))

export type Settings = { env?: Record<string, string>; input?: string | Uint8Array; node?: string[] }

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

/** A new folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A home without anything in it, UTC, and no variable of ours but those given. */
export function cleanEnv(env: Record<string, string> = {}): Record<string, string> {
  const home = temporaryFolder()
  return { PATH: process.env.PATH ?? '', HOME: home, XDG_DATA_HOME: join(home, 'data'), TZ: 'UTC', ...env }
}

/** Starts the command; it is ended with the test. */
export function start(args: string[], { env, node = [] }: Settings = {}): Running {
  const child = spawn(process.execPath, [...node, BIN, ...args], { env: cleanEnv(env), stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return new Running(child)
}

/** Ends a child that was started `detached`, and all that it started. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error // it has ended already
  }
}

/** Runs the command to its end. Standard input is `input`, and then ends. */
export function run(args: string[], settings: Settings = {}): Promise<Ended> {
  const running = start(args, settings)
  running.child.stdin?.on('error', () => undefined) // it may end without reading
  running.child.stdin?.end(settings.input ?? '')
  return running.ended
}

export class Running {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly #changed = new EventTarget()

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#changed.dispatchEvent(new Event('change'))
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#changed.dispatchEvent(new Event('change'))
    })
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
        this.#changed.dispatchEvent(new Event('change'))
      })
    })
  }

  /** Resolves when what was written so far satisfies the condition; fails when the command ends before. */
  async until(condition: (running: Running) => boolean): Promise<this> {
    while (!condition(this)) {
      const { exitCode, signalCode } = this.child
      if (exitCode !== null || signalCode !== null) {
        await this.ended
        if (condition(this)) break
        throw new Error(`It ended (${exitCode ?? signalCode}) with: ${this.stdout}${this.stderr}`)
      }
      await new Promise((resolve) => this.#changed.addEventListener('change', resolve, { once: true }))
    }
    return this
  }
}

/** A server of its own with an empty log in memory; ended with the test. */
export async function startServer(
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ url: string; server: Running }> {
  const server = start(['serve', '--port', '0', '--data', ':memory:', '--log-level', 'silent', ...args], { env })
  await server.until(({ stdout }) => stdout.includes('\n'))
  const url = /http:\/\/[^\s,]+\d/.exec(server.stdout)?.[0]
  if (url === undefined) throw new Error(`No address in: ${server.stdout}`)
  return { url, server }
}

/** The texts of the lobby, of all or from a place on. */
export async function textsOf(url: string, since = 'all'): Promise<string[]> {
  const { stdout } = await run(['tail', '--no-follow', '--json', '--since', since, '--server', url])
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line): string => JSON.parse(line).text)
}

/** Starts a `wait`, and resolves when it waits. */
export function waiting(args: string[]): Promise<Running> {
  return start(args).until(({ stderr }) => stderr.includes('waiting for'))
}
