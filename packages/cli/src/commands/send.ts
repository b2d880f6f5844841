import { createReadStream, statSync } from 'node:fs'
import { MAX_TEXT_BYTES } from '@poll-chat/protocol'
import { type CommandLine, flag } from '../command-line.ts'
import { type Connection, connectBriefly, connectForLong, reaching } from '../connect.ts'
import { UsageError } from '../failure.ts'
import { freshId } from '../fresh-id.ts'
import { asMyself } from '../identities.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import {
  checkText,
  DEFAULT_SERVER,
  type Env,
  fileReason,
  namedServer,
  readId,
  readKey,
  readRoom,
  readSeconds,
  readUid,
} from '../options.ts'
import { readRoomKey } from '../room-keys.ts'
import { assertAllSent, sendLines } from '../send-lines.ts'
import { readText } from '../stdin.ts'
import { formatJson } from '../terminal/format.ts'
import { print } from '../terminal/output.ts'

export type SendFlags = ServerFlags & {
  room?: string
  uid?: string
  id?: string
  timeout?: string
  file?: string
  lines?: boolean
  json?: boolean
}

/** How long a send goes on trying, in seconds, unless told otherwise. */
export const DEFAULT_TIMEOUT_SECONDS = 5

export function addSend(line: CommandLine): void {
  line
    .asking('send [text...]', t.send)
    .addOption(flag.room())
    .addOption(flag.roomKeyFile())
    .addOption(flag.uid())
    .option('--id <id>', t.send.id)
    .option('--file <path>', t.send.file)
    .option('--lines', t.send.lines)
    .option('--timeout <seconds>', t.send.timeout)
    .option('--json', t.send.json)
    .action((text, flags) => send(text, ...line.given(flags)))
}

/** Sends one message, or each line of an input as one. Returns only when the server has all of it on disk. */
export async function send(words: string[], flags: SendFlags, env: Env): Promise<void> {
  const sender = {
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    roomKey: readRoomKey(flags, env),
    uid: readUid(flags.uid, env),
  }
  const letter = {
    id: readId(flags.id),
    room: readRoom(flags.room, env),
    timeoutMs: readSeconds(flags.timeout, '--timeout', DEFAULT_TIMEOUT_SECONDS),
    json: flags.json === true,
  }
  const source = sourceOf(words, flags)
  const connection = await asMyself(sender, env)
  await (flags.lines ? sendEachLine(connection, letter, source) : sendOne(connection, letter, source))
}

type Letter = { id: string | undefined; room: string; timeoutMs: number; json: boolean }

async function sendOne(connection: Connection, { id, json, ...rest }: Letter, source: Source): Promise<void> {
  const text = checkText(await textOf(source))
  const client = connectBriefly(connection)
  const { message } = await reaching(client, client.send(text, { ...rest, id: id ?? freshId() }))
  if (json) await print(formatJson(message))
}

async function sendEachLine(connection: Connection, { id, json, ...rest }: Letter, source: Source): Promise<void> {
  if (source.type === 'words') throw new UsageError(t.input.linesWithWords)
  const sent = await sendLines(connectForLong(connection), open(source), {
    ...rest,
    idPrefix: id,
    ...(json && { onSent: (message) => print(formatJson(message)) }),
  })
  assertAllSent(sent)
}

type Source = { type: 'words'; text: string } | { type: 'input' } | { type: 'file'; path: string }

/** Where the text comes from: exactly one of the three. */
function sourceOf(words: string[], { file, lines }: SendFlags): Source {
  if (file !== undefined) {
    if (words.length > 0) throw new UsageError(t.input.fileWithWords)
    return { type: 'file', path: file }
  }
  if (words.length === 1 && words[0] === '-') return { type: 'input' }
  if (words.length > 0) return { type: 'words', text: words.join(' ') }
  if (process.stdin.isTTY && !lines) throw new UsageError(t.input.nothingToSend)
  return { type: 'input' }
}

async function textOf(source: Source): Promise<string> {
  if (source.type === 'words') return source.text
  if (source.type === 'input') return readText(process.stdin)
  const name = t.input.file(source.path)
  // A film is refused at once; what has no size, such as a pipe, when it has become too long.
  const size = statSync(source.path, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_TEXT_BYTES + 2) throw new UsageError(t.input.tooLong(name))
  return readText(open(source), name)
}

/** The bytes of an input. @throws UsageError when the file cannot be read */
async function* open(source: Exclude<Source, { type: 'words' }>): AsyncGenerator<Uint8Array> {
  if (source.type === 'input') return yield* process.stdin
  try {
    yield* createReadStream(source.path)
  } catch (error) {
    throw new UsageError(t.files.cannotBeRead(t.input.file(source.path), fileReason(error)), error)
  }
}
