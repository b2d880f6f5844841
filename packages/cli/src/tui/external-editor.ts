import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { t } from '../messages/language.ts'

type Env = Readonly<Record<string, string | undefined>>

export function editorOf(env: Env): string {
  return env.VISUAL || env.EDITOR || (process.platform === 'win32' ? 'notepad' : 'vi')
}

/**
 * Lets the user's editor have a text, in a file that nobody else can read. The terminal must be free.
 * @throws Error when it cannot be started or ends with a failure
 */
export async function editElsewhere(text: string, env: Env): Promise<string> {
  const { spawn } = await import('node:child_process')
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-'))
  const file = join(folder, 'message.txt')
  try {
    writeFileSync(file, text, { mode: 0o600 })
    // By the shell, since the variable may hold flags: EDITOR="code --wait".
    const child =
      process.platform === 'win32'
        ? spawn(`${editorOf(env)} "${file}"`, { shell: true, stdio: 'inherit' })
        : spawn('/bin/sh', ['-c', `${editorOf(env)} "$1"`, 'sh', file], { stdio: 'inherit' })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(t.chat.endedWith(`${signal ?? code}`))),
    )
    await promise
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
