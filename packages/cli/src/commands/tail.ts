import type { Client } from '@poll-chat/client'
import { CursorReset, type Message } from '@poll-chat/protocol'
import { addFollowing, type CommandLine, flag } from '../command-line.ts'
import { assertAnswering, connectBriefly, connectToFollow, reaching } from '../connect.ts'
import { type Origin, runFor } from '../exec.ts'
import { UsageError } from '../failure.ts'
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
import { followRoom, lastMessages, MAX_LAST, pagesAfter } from '../room.ts'
import { readRoomKey } from '../room-keys.ts'
import { cursorAt, parseSince, type Since } from '../since.ts'
import { formatJson, formatMessage } from '../terminal/format.ts'
import { print, say } from '../terminal/output.ts'

export type TailFlags = ServerFlags & {
  room?: string
  last?: string
  since?: string
  exec?: string
  json?: boolean
  follow: boolean
  mode?: string
  interval?: string
}

export function addTail(line: CommandLine): void {
  addFollowing(line.asking('tail', t.tail))
    .addOption(flag.last(20))
    .option('--since <place>', t.tail.since)
    .option('--exec <command>', t.tail.exec)
    .addOption(flag.json())
    .option('--no-follow', t.tail.noFollow)
    .action((flags) => tail(...line.given(flags)))
}

/** Where the output begins: with the last messages, or after a place. */
type Begin = { type: 'last'; count: number } | Since

type Show = (messages: readonly Message[]) => Promise<void>

/** Prints a room from somewhere on, then what comes, until it is stopped or nobody reads any more. */
export async function tail(flags: TailFlags, env: Env): Promise<void> {
  const connection = {
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    roomKey: readRoomKey(flags, env),
  }
  const room = readRoom(flags.room, env)
  const begin = readBegin(flags)
  const how = { mode: readMode(flags.mode, env), intervalMs: readInterval(flags.interval) }
  const show = flags.exec === undefined ? printer(flags.json) : runner(flags.exec, connection, env)

  await assertAnswering(connection)
  const client = flags.follow ? await connectToFollow(connection, how.mode) : connectBriefly(connection)
  const past = await reaching(client, showPast(client, room, begin, flags.follow, show))
  if (flags.follow) await followRoom(client, { room, ...past, ...how }, (batch) => show(batch.messages))
}

function readBegin({ last, since, exec, json }: TailFlags): Begin {
  if (exec !== undefined && json) throw new UsageError(t.tail.execWithJson)
  if (exec?.trim() === '') throw new UsageError(t.tail.noCommand)
  // A command is for what comes: run for the last 20, it would do again what it has done.
  const or = exec === undefined ? 20 : 0
  if (since === undefined) return { type: 'last', count: readWhole(last, '--last', { min: 0, max: MAX_LAST, or }) }
  if (last !== undefined) throw new UsageError(t.tail.lastAndSince)
  return parseSince(since, Date.now())
}

function printer(json: boolean | undefined): Show {
  const format = json ? formatJson : formatMessage
  return async (messages) => {
    if (messages.length > 0) await print(messages.map(format).join(''))
  }
}

function runner(command: string, origin: Origin, env: Env): Show {
  return async (messages) => {
    for (const message of messages) if (!message.deleted) await runFor(message, command, origin, env)
  }
}

/** Where to follow from, and the ids of what was shown until there. */
type Past = { after: string; shown: string[] }

/** Shows what is asked for of the past; following shows the rest by itself. */
async function showPast(client: Client, room: string, begin: Begin, follows: boolean, show: Show): Promise<Past> {
  if (begin.type === 'last') {
    const { messages, next } = await lastMessages(client, room, begin.count)
    await show(messages)
    return { after: next, shown: messages.map(({ id }) => id) }
  }
  const cursor =
    begin.type === 'time' ? await cursorAt(client, room, begin.atMs) : await kept(client, room, begin.cursor)
  if (!follows) for await (const messages of pagesAfter(client, room, cursor)) await show(messages)
  return { after: cursor, shown: [] }
}

/** The cursor, or the oldest that is kept if that is later. @throws CursorReset when it is no cursor of this log */
async function kept(client: Client, room: string, cursor: string): Promise<string> {
  try {
    await client.poll(room, { after: cursor, limit: 1 })
    return cursor
  } catch (error) {
    if (!(error instanceof CursorReset && error.reason === 'trimmed')) throw error
    say(t.tail.trimmed)
    return error.oldest
  }
}
