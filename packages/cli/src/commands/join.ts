import { addChatting, type CommandLine } from '../command-line.ts'
import { assertAnswering, connectForLong } from '../connect.ts'
import { UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import {
  DEFAULT_SERVER,
  type Env,
  type Mode,
  namedServer,
  readInterval,
  readKey,
  readMode,
  readRoom,
  readSwitch,
  readUid,
  readWhole,
} from '../options.ts'
import { MAX_LAST } from '../room.ts'
import { say } from '../terminal/output.ts'
import { joinWithLines } from './join-lines.ts'

export type JoinFlags = ServerFlags & {
  uid?: string
  room?: string
  mode?: string
  interval?: string
  last?: string
  mouse?: string
}

/** A joining with everything decided. `notice` is one line to show first. */
export type Joining = {
  url: string
  key: string | undefined
  uid: string
  room: string
  mode: Mode
  intervalMs: number
  last: number
  /** Whether the mouse wheel scrolls. */
  mouse: boolean
  notice?: string
}

export function addJoin(line: CommandLine): void {
  addChatting(line.asking('join [url]', t.join)).action((url, flags) =>
    enter(readJoining(...line.given(withUrl(flags, url)))),
  )
}

export function readJoining(flags: JoinFlags, env: Env): Joining {
  return {
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    uid: readUid(flags.uid, env),
    room: readRoom(flags.room, env),
    mode: readMode(flags.mode, env),
    intervalMs: readInterval(flags.interval),
    mouse: readSwitch(flags.mouse, '--mouse', true),
    last: readWhole(flags.last, '--last', { min: 0, max: MAX_LAST, or: 50 }),
  }
}

/** `join URL` is another way to write `join --server URL`. */
function withUrl(flags: JoinFlags, url: string | undefined): JoinFlags {
  if (url === undefined) return flags
  if (flags.server !== undefined) throw new UsageError(t.usage.serverTwice)
  return { ...flags, server: url }
}

/** A person sits in front of it. A dumb terminal (an editor's shell) shows lines, but cannot be drawn on. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env.TERM !== 'dumb'
}

/** Joins in the terminal UI, or with plain lines where there is no terminal. */
export async function enter(joining: Joining): Promise<void> {
  const { url, key, notice, ...rest } = joining
  const connection = { url, key, uid: rest.uid }
  const client = connectForLong(connection)
  // The UI loads while the server answers; undici only when the first frame is on the screen.
  const [tui] = await Promise.all([isInteractive() ? import('../tui/run.tsx') : undefined, assertAnswering(connection)])
  if (!tui) {
    if (notice !== undefined) say(notice)
    return joinWithLines(client, rest, process.stdin)
  }
  const { unsent } = await tui.runChat({ client, ...rest, ...(notice !== undefined && { notice }) })
  if (unsent.length === 0) return
  say(t.serving.notSent(unsent.length))
  for (const text of unsent) say(text)
}
