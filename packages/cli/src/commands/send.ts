import { type CommandLine, flag } from '../command-line.ts'
import { connectBriefly, reaching } from '../connect.ts'
import { UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import {
  checkText,
  DEFAULT_SERVER,
  type Env,
  namedServer,
  readId,
  readKey,
  readRoom,
  readSeconds,
  readUid,
} from '../options.ts'
import { readText } from '../stdin.ts'
import { formatJson } from '../terminal/format.ts'
import { print } from '../terminal/output.ts'

export type SendFlags = ServerFlags & { room?: string; uid?: string; id?: string; timeout?: string; json?: boolean }

/** How long a send goes on trying, in seconds, unless told otherwise. */
export const DEFAULT_TIMEOUT_SECONDS = 5

export function addSend(line: CommandLine): void {
  line
    .asking('send [text...]', t.send)
    .addOption(flag.room())
    .addOption(flag.uid())
    .option('--id <id>', t.send.id)
    .option('--timeout <seconds>', t.send.timeout)
    .option('--json', t.send.json)
    .action((text, flags) => send(text, line.merged(flags), line.env))
}

/** Sends one message. Returns only when the server has it on disk. */
export async function send(words: string[], flags: SendFlags, env: Env): Promise<void> {
  const connection = {
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    uid: readUid(flags.uid, env),
  }
  const id = readId(flags.id)
  const options = {
    room: readRoom(flags.room, env),
    timeoutMs: readSeconds(flags.timeout, '--timeout', DEFAULT_TIMEOUT_SECONDS),
    ...(id !== undefined && { id }),
  }
  const text = checkText(await textToSend(words))
  const client = connectBriefly(connection)
  const { message } = await reaching(client, client.send(text, options))
  if (flags.json) await print(formatJson(message))
}

async function textToSend(words: string[]): Promise<string> {
  const fromInput = words.length === 0 || (words.length === 1 && words[0] === '-')
  if (!fromInput) return words.join(' ')
  if (words.length === 0 && process.stdin.isTTY) throw new UsageError(t.input.nothingToSend)
  return readText(process.stdin)
}
