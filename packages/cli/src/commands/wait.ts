import type { Message } from '@poll-chat/protocol'
import { addFollowing, type CommandLine, collect, flag } from '../command-line.ts'
import { connectToFollow, reaching } from '../connect.ts'
import { EXIT, Failure, UsageError } from '../failure.ts'
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
  readTimeout,
  readUids,
} from '../options.ts'
import { matcher } from '../pattern.ts'
import { firstMessage, lastMessages } from '../room.ts'
import { readRoomKey } from '../room-keys.ts'
import { formatJson, formatMessage } from '../terminal/format.ts'
import { print, say } from '../terminal/output.ts'

export type WaitFlags = ServerFlags & {
  room?: string
  match?: string
  ignoreCase?: boolean
  from?: string[]
  verified?: boolean
  timeout?: string
  json?: boolean
  mode?: string
  interval?: string
}

/** How long it waits, in seconds, unless told otherwise. */
const DEFAULT_WAIT_SECONDS = 60

export function addWait(line: CommandLine): void {
  addFollowing(line.asking('wait', t.wait))
    .option('--match <regex>', t.wait.match)
    .option('-i, --ignore-case', t.wait.ignoreCase)
    .option('--from <uid>', t.wait.from, collect)
    .option('--verified', t.wait.verified)
    .option('--timeout <seconds>', t.wait.timeout)
    .addOption(flag.json())
    .action((flags) => wait(...line.given(flags)))
}

/** Prints the first message after now that matches. @throws Failure with exit code 5 when the time is up */
export async function wait(flags: WaitFlags, env: Env): Promise<void> {
  const connection = {
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    roomKey: readRoomKey(flags, env),
  }
  const room = readRoom(flags.room, env)
  const how = { mode: readMode(flags.mode, env), intervalMs: readInterval(flags.interval) }
  const timeoutMs = readTimeout(flags.timeout, DEFAULT_WAIT_SECONDS)
  const isFrom = readSenders(flags)
  if (flags.match === undefined) throw new UsageError(t.wait.matchMissing)
  const slow = { index: 0 }
  const matches = matcher(flags.match, flags.ignoreCase === true, () => say(t.wait.tooSlow(slow.index)))

  const client = await connectToFollow(connection, how.mode)
  const { next } = await reaching(client, lastMessages(client, room, 0))
  say(t.wait.waiting(room)) // who reads this may send: the place is taken
  const first = await firstMessage(client, { room, after: next, ...how, timeoutMs }, (message) => {
    slow.index = message.index
    return !message.deleted && isFrom(message) && matches(message.text)
  })
  if (!first) throw new Failure(t.wait.timeIsUp(timeoutMs / 1_000), EXIT.timeout)
  await print((flags.json ? formatJson : formatMessage)(first))
}

/** Whose messages count. */
export function readSenders({ from, verified }: Pick<WaitFlags, 'from' | 'verified'>): (message: Message) => boolean {
  const uids = readUids(from)
  return ({ from }) => (uids.size === 0 || uids.has(from.uid)) && (!verified || from.verified)
}
