import { ChatError } from '@poll-chat/protocol'
import { addChatting, type CommandLine } from '../command-line.ts'
import { assertAnswering, type Connection, connectBriefly, connectToFollow, reaching } from '../connect.ts'
import { UsageError } from '../failure.ts'
import { asMyself, findIdentity, findOrMakeClaim, forgetIdentity } from '../identities.ts'
import { KeptRooms } from '../kept-rooms.ts'
import { t } from '../messages/language.ts'
import type { ServerFlags } from '../options.ts'
import {
  DEFAULT_SERVER,
  type Env,
  type Mode,
  type Notify,
  namedServer,
  readInterval,
  readKey,
  readMode,
  readNotify,
  readRoom,
  readSwitch,
  readTheme,
  readUid,
  readWhole,
  type ThemeName,
} from '../options.ts'
import { MAX_LAST } from '../room.ts'
import { readRoomKey } from '../room-keys.ts'
import { stateFolder } from '../state-folder.ts'
import { say } from '../terminal/output.ts'
import { joinWithLines } from './join-lines.ts'

export type JoinFlags = ServerFlags & {
  uid?: string
  room?: string
  mode?: string
  interval?: string
  last?: string
  mouse?: string
  notify?: string
  theme?: string
  inline?: boolean
  plain?: boolean
  screenReader?: boolean
}

/** The whole screen, the end of the terminal's own scrollback, lines, or lines that are made to be read aloud. */
export type ChatView = 'full' | 'inline' | 'plain' | 'spoken'

/** A joining with everything decided. `notice` is one line to show first. */
export type Joining = {
  url: string
  key: string | undefined
  /** Of the room, where it is private. */
  roomKey: string | undefined
  uid: string
  room: string
  mode: Mode
  intervalMs: number
  last: number
  /** Whether the mouse wheel scrolls. */
  mouse: boolean
  /** When the chat tells somebody who looks at another window. */
  notify: Notify
  /** The ground that the colours are for. */
  theme: ThemeName
  view: ChatView
  notice?: string
  env: Env
}

export function addJoin(line: CommandLine): void {
  addChatting(line.asking('join [url]', t.join)).action((url, flags) =>
    enter(readJoining(...line.given(withUrl(flags, url)))),
  )
}

export function readJoining(flags: JoinFlags, env: Env): Joining {
  return {
    env,
    url: namedServer(flags, env) ?? DEFAULT_SERVER,
    key: readKey(flags, env),
    roomKey: readRoomKey(flags, env),
    uid: readUid(flags.uid, env),
    room: readRoom(flags.room, env),
    mode: readMode(flags.mode, env),
    intervalMs: readInterval(flags.interval),
    mouse: readSwitch(flags.mouse, '--mouse', true),
    notify: readNotify(flags.notify, env),
    theme: readTheme(flags.theme, env),
    view: readView(flags, env),
    last: readWhole(flags.last, '--last', { min: 0, max: MAX_LAST, or: 50 }),
  }
}

/** `join URL` is another way to write `join --server URL`. */
function withUrl(flags: JoinFlags, url: string | undefined): JoinFlags {
  if (url === undefined) return flags
  if (flags.server !== undefined) throw new UsageError(t.usage.serverTwice)
  return { ...flags, server: url }
}

function readView({ inline, plain, screenReader }: JoinFlags, env: Env): ChatView {
  if ([inline, plain, screenReader].filter(Boolean).length > 1) throw new UsageError(t.usage.oneView)
  if (screenReader || (!inline && !plain && (env.ACCESSIBLE || env.INK_SCREEN_READER))) return 'spoken'
  if (plain || env.TERM === 'dumb') return 'plain'
  return inline ? 'inline' : 'full'
}

/** A person sits in front of it. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true
}

/** Joins in the terminal UI, or with plain lines where there is no terminal. */
export async function enter(joining: Joining): Promise<void> {
  const isPerson = isInteractive()
  const isDrawn = isPerson && (joining.view === 'full' || joining.view === 'inline')
  await (isDrawn ? enterChat(joining) : enterPlainly(joining, isPerson))
}

async function enterPlainly(joining: Joining, isPerson: boolean): Promise<void> {
  const { url, key, roomKey, uid, env, notice, view, ...rest } = joining
  const person = { url, key, roomKey, uid }
  const mine = await reaching(person, isPerson ? becomeMyself(person, env) : answeringMyself(person, env))
  const client = await connectToFollow(mine.connection, rest.mode)
  for (const line of [notice, mine.notice]) if (line !== undefined) say(line)
  const place = { ...rest, uid, isSpoken: view === 'spoken' }
  if (!isPerson) return joinWithLines(client, place, process.stdin)
  const { typedLines } = await import('./typed-lines.ts')
  return joinWithLines(client, place, typedLines(process.stdin))
}

/** The first frame waits for no server: the chat's requests wait until the uid is claimed. */
async function enterChat(joining: Joining): Promise<void> {
  const { url, key, roomKey, env, notice, view, ...rest } = joining
  const person = { url, key, roomKey, uid: rest.uid }
  let mine: Myself | undefined
  const myself = onceItWorks(async () => {
    mine = await becomeMyself(person, env)
    return mine
  })
  const loading = import('../tui/run.ts')
  // What has failed by the time that the UI is loaded is said at the prompt.
  await Promise.race([reaching(person, myself()), loading.then(nextTurn)])
  const tui = await loading
  const privateRooms = await KeptRooms.of(url)
  const room = roomKey === undefined ? rest.room : privateRooms.add(rest.room, roomKey)
  const connection = {
    ...person,
    claim: async () => (await myself()).connection.claim,
    roomKeys: privateRooms.keyOf,
  }
  const { unsent } = await tui.runChat({
    client: await connectToFollow(connection, rest.mode),
    ...rest,
    room,
    privateRooms,
    isInline: view === 'inline',
    stateFolder: stateFolder(process.env),
    notice: () => [notice, mine?.notice].filter((line) => line !== undefined).join(' ') || undefined,
  })
  if (unsent.length === 0) return
  say(t.chat.notSentYet(unsent.length))
  for (const text of unsent) say(text)
}

/** The same work for all who ask, until it has failed: then it is done again for whoever asks next. */
function onceItWorks<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined
      throw error
    })
    return done
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

type Person = { url: string; key: string | undefined; roomKey: string | undefined; uid: string }

type Myself = { connection: Connection; notice?: string }

/** A pipe makes no identity: in a throwaway container it would lock itself out. */
async function answeringMyself(person: Person, env: Env): Promise<Myself> {
  const connection = await asMyself(person, env)
  await assertAnswering(connection)
  return { connection }
}

/** Claims the uid for whoever sits here, or proves that it is theirs. @throws ChatError when it is somebody else's */
async function becomeMyself(person: Person, env: Env): Promise<Myself> {
  // No secret is made for an address that nobody answers at.
  if (!(await findIdentity(person.url, person.uid))) await connectBriefly(person).info()
  const found = await findOrMakeClaim(person, env)
  if (found.claim === undefined)
    return { connection: person, ...(found.why !== undefined && { notice: t.identity.notKept(person.uid, found.why) }) }
  const connection = { ...person, claim: found.claim }
  const client = connectBriefly(connection)
  try {
    await client.claim()
  } catch (error) {
    // A secret that has proved nothing is of no use to anybody.
    if (found.isNew && error instanceof ChatError && error.code === 'uid-taken')
      await forgetIdentity(person.url, person.uid)
    throw error
  }
  return { connection }
}
