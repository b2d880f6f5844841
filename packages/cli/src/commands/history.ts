import type { Client } from '@poll-chat/client'
import type { Message } from '@poll-chat/protocol'
import { parseCursor } from '@poll-chat/protocol'
import { type CommandLine, flag } from '../command-line.ts'
import { connectBriefly, connectForLong, reaching } from '../connect.ts'
import { UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import { DEFAULT_SERVER, type Env, namedServer, readKey, readRoom, readWhole } from '../options.ts'
import { lastMessages, MAX_LAST, pagesAfter } from '../room.ts'
import { readRoomKey } from '../room-keys.ts'
import { formatJson, formatMessage } from '../terminal/format.ts'
import { print } from '../terminal/output.ts'

export type HistoryFlags = ServerFlags & {
  room?: string
  before?: string
  last?: string
  all?: boolean
  json?: boolean
}

export function addHistory(line: CommandLine): void {
  line
    .asking('history', t.history)
    .addOption(flag.room())
    .addOption(flag.roomKeyFile())
    .option('--before <cursor>', t.history.before)
    .addOption(flag.last(20))
    .option('--all', t.history.all)
    .addOption(flag.json())
    .action((flags) => history(...line.given(flags)))
}

/** Prints a part of the past, or all of it page by page, and ends. */
export async function history(flags: HistoryFlags, env: Env): Promise<void> {
  const connection = {
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    roomKey: readRoomKey(flags, env),
  }
  const room = readRoom(flags.room, env)
  const count = readWhole(flags.last, '--last', { min: 1, max: MAX_LAST, or: 20 })
  const { before, all = false } = flags
  if (before !== undefined && !parseCursor(before)) throw new UsageError(t.history.notACursor(before))
  if (all && flags.last !== undefined) throw new UsageError(t.history.lastAndAll)
  const format = flags.json ? formatJson : formatMessage
  const show = async (messages: readonly Message[]) => print(messages.map(format).join(''))

  // Whole rooms take many requests, which one connection carries faster.
  const client = all ? connectForLong(connection) : connectBriefly(connection)
  if (all) return reaching(client, showAll(client, room, before, show))
  await show((await reaching(client, lastMessages(client, room, count, before))).messages)
}

async function showAll(
  client: Client,
  room: string,
  before: string | undefined,
  show: (messages: readonly Message[]) => Promise<void>,
): Promise<void> {
  // A page before it tells whether the log has the cursor; its index is then where to end.
  if (before !== undefined) await client.history(room, { before, limit: 1 })
  const end = before === undefined ? Number.POSITIVE_INFINITY : (parseCursor(before)?.index ?? 0)
  for await (const messages of pagesAfter(client, room, '0')) {
    await show(messages.filter(({ index }) => index < end))
    if ((messages.at(-1)?.index ?? 0) >= end) return
  }
}
