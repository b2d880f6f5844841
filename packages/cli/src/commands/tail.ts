import type { Message } from '@poll-chat/protocol'
import { addFollowing, type CommandLine, flag } from '../command-line.ts'
import { assertAnswering, connectBriefly, connectForLong, reaching } from '../connect.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import {
  DEFAULT_SERVER,
  type Env,
  namedServer,
  readInterval,
  readKey,
  readMode,
  readRoom,
  readWhole,
} from '../options.ts'
import { followRoom, lastMessages, MAX_LAST } from '../room.ts'
import { formatJson, formatMessage } from '../terminal/format.ts'
import { print } from '../terminal/output.ts'

export type TailFlags = ServerFlags & {
  room?: string
  last?: string
  json?: boolean
  follow: boolean
  mode?: string
  interval?: string
}

export function addTail(line: CommandLine): void {
  addFollowing(line.asking('tail', t.tail))
    .addOption(flag.last(20))
    .addOption(flag.json())
    .option('--no-follow', t.tail.noFollow)
    .action((flags) => tail(line.merged(flags), line.env))
}

/** Prints the end of a room, then what comes, until it is stopped or nobody reads any more. */
export async function tail(flags: TailFlags, env: Env): Promise<void> {
  const connection = { url: namedServer(flags, env) ?? DEFAULT_SERVER, key: readKey(flags, env) }
  const room = readRoom(flags.room, env)
  const count = readWhole(flags.last, '--last', { min: 0, max: MAX_LAST, or: 20 })
  const how = { mode: readMode(flags.mode, env), intervalMs: readInterval(flags.interval) }
  const format = flags.json ? formatJson : formatMessage
  const show = async (messages: readonly Message[]) => {
    if (messages.length > 0) await print(messages.map(format).join(''))
  }

  await assertAnswering(connection)
  const client = flags.follow ? connectForLong(connection) : connectBriefly(connection)
  const { messages, next } = await reaching(client, lastMessages(client, room, count))
  await show(messages)
  if (flags.follow) await followRoom(client, { room, after: next, ...how }, (batch) => show(batch.messages))
}
