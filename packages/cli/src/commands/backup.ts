import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs'
import type { ByteStream, FetchLike } from '@poll-chat/client'
import type { CommandLine } from '../command-line.ts'
import { connectBriefly, reaching } from '../connect.ts'
import { EXIT, Failure, UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { DEFAULT_SERVER, type Env, fileReason, namedServer } from '../options.ts'
import { say } from '../terminal/output.ts'
import { type AdminFlags, addOperating, findAdminKey } from './admin.ts'

/** How long the server may take to make a copy of a large log, and be silent meanwhile, in milliseconds. */
const MAKING_MS = 3_600_000

type BackupFlags = AdminFlags & { force?: boolean }

export function addBackup(line: CommandLine): void {
  addOperating(line.command('backup <file>', t.backup, t.help.exitCodes))
    .option('--force', t.backup.force)
    .action((path: string, flags: BackupFlags) => backup(path, ...line.given(flags)))
}

/** The file is there only when it is whole and checked; until then a neighbour holds what has come. */
async function backup(path: string, flags: BackupFlags, env: Env): Promise<void> {
  if (existsSync(path) && !flags.force) throw new UsageError(t.backup.exists(path))
  const key = await findAdminKey(flags, env)
  const client = connectBriefly({ url: namedServer(flags, env) ?? DEFAULT_SERVER, key })
  await reaching(client, client.info())
  const part = `${path}.${process.pid}.part`
  try {
    await download(`${client.url}/v1/backup`, key, part)
    const { checkBackup } = await import('@poll-chat/server')
    const { messages, rooms } = await checkBackup(part)
    renameSync(part, path)
    say(t.backup.done(path, messages, rooms))
  } finally {
    rmSync(part, { force: true })
  }
}

async function download(url: string, key: string, path: string): Promise<void> {
  const { pipeline } = process.getBuiltinModule('node:stream/promises') // not by import: other commands would load it too
  const { createUndiciFetch } = await import('@poll-chat/client/undici')
  const ask = createUndiciFetch({ timeoutMs: MAKING_MS })
  const { signal } = new AbortController()
  const response = await ask(url, { method: 'POST', headers: { authorization: `Bearer ${key}` }, signal })
  if (response.status !== 200 || !response.body) throw await refusal(response)
  try {
    await pipeline(piecesOf(response.body), createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }))
  } catch (error) {
    throw new Failure(t.backup.notWritten(path, fileReason(error)), 1, error)
  }
}

async function* piecesOf(body: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) if (piece.value) yield piece.value
}

/** What the server says in its problem document; a proxy may have said something else. */
async function refusal(response: Awaited<ReturnType<FetchLike>>): Promise<Failure> {
  const { status } = response
  const quoted = /"detail": ?("(?:[^"\\]|\\.)*")/.exec(await response.text())?.[1]
  const detail: string = quoted === undefined ? `${status}` : JSON.parse(quoted)
  return new Failure(t.backup.refused(detail), status === 401 || status === 403 ? EXIT.notAllowed : EXIT.failure)
}
