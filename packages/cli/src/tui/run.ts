import type { ReadStream, WriteStream } from 'node:tty'
import type { Client, FollowOptions } from '@poll-chat/client'
import type { KeptRooms } from '../kept-rooms.ts'
import { t } from '../messages/language.ts'
import { MODES, type ThemeName } from '../options.ts'
import { shownRoom } from '../room-keys.ts'
import { sanitiseLine } from '../terminal/sanitise.ts'
import { Away } from './away.ts'
import { ChatStore } from './chat-store.ts'
import { type Chat, Desk } from './desk.ts'
import { Finder } from './finder.ts'
import { type Display, FirstFrame } from './first-frame.ts'
import { Input } from './input.ts'
import type { Line } from './item-lines.ts'
import { Keep } from './keep.ts'
import { actionsFor, type KeyAction } from './keys.ts'
import { copying, Notifier, type Notify } from './notify.ts'
import { OtherRooms } from './other-rooms.ts'
import { Outbox } from './outbox.ts'
import { PacedOutput } from './paced-output.ts'
import { rowsBrokenUp } from './reflow.ts'
import { reasonOf } from './refusal.ts'
import { openScreen } from './screen.ts'
import { Session } from './session.ts'
import { TerminalInput } from './terminal-input.ts'
import { paint, themeFor } from './theme.ts'
import type { Size } from './view.ts'

export type ChatOptions = {
  client: Client
  room: string
  uid: string
  mode: FollowOptions['mode']
  /** Pause between two polls, in milliseconds. */
  intervalMs: number
  /** How many messages of history to begin with. */
  last: number
  /** Whether the mouse wheel scrolls. @default true */
  mouse?: boolean
  /** Whether to append to the terminal's own scrollback instead of taking the whole screen. @default false */
  isInline?: boolean
  /** The ground that the colours are for. @default 'auto', the one that the terminal tells */
  theme?: ThemeName
  /** When to tell somebody who looks at another window. @default 'mentions' */
  notify?: Notify
  /** The keys of private rooms, to which the chat adds those that are typed. */
  privateRooms: KeptRooms
  /** Where history, drafts and what is not sent yet outlive the chat. @default nowhere */
  stateFolder?: string | undefined
  /** Shown when the first room is there, such as how others get in. */
  notice?: () => string | undefined
}

export type ChatStreams = { stdin: ReadStream; stdout: WriteStream }

/** How long the session waits for the first frame to be on the screen, in milliseconds. */
const FIRST_FRAME_MS = 500

/** How long leaving waits for a terminal that does not read, in milliseconds. */
const LAST_FRAME_MS = 500

/** How long leaving waits for messages that are on their way, in milliseconds. */
const LAST_SENDS_MS = 1_000

/**
 * Runs the chat until the user quits. Resolves with the texts that were never acknowledged, the terminal restored.
 * @throws ChatError when the server refuses for good
 */
export async function runChat(options: ChatOptions, streams: ChatStreams = process): Promise<{ unsent: string[] }> {
  const { client, uid, isInline = false, mouse = true, notify = 'mentions', stateFolder } = options
  const { env } = process
  const { stdin, stdout } = streams
  const over = new AbortController()
  const left = Promise.withResolvers<void>()
  const quit = () => left.resolve()

  const output = PacedOutput.over(stdout)
  const terminal = output ?? stdout
  const keep = stateFolder === undefined ? undefined : new Keep(stateFolder, { url: client.url, uid })
  const notifier = new Notifier(notify, env, (sequence) => terminal.write(sequence))
  let theme = themeFor(env, options.theme)
  let { mode } = options

  const openRoom = (room: string): Chat => {
    const store = new ChatStore({
      where: { room, uid, host: new URL(client.url).host, mode },
      size: sizeOf(stdout),
      theme,
      isInline,
      keep,
      isBusy: () => away.isAway || (output?.isBusy ?? false),
      onSaid: ({ uid, text, mentions }) => notifier.said(uid, text, mentions),
      onTyped: () => session.typed(over.signal),
    })
    const outbox = new Outbox(client, room, store, keep)
    const { notice, ...rest } = options
    const session: Session = new Session(
      client,
      store,
      outbox,
      { ...rest, room, mode, ...(notice !== undefined && room === options.room && { notice }) },
      keep,
    )
    const finder = new Finder(client, room, store)
    const input = new Input(store, outbox, {
      quit,
      redraw: () => redraw(),
      clearScreen: () => redraw(true),
      suspend: screen.suspend,
      load: () => void session.load(over.signal),
      findOlder: (words) => void finder.older(words),
      findNewer: (words) => finder.newer(words),
      endFinding: () => finder.reset(),
      showRaw: (isRaw) => away.showRaw(store, isRaw),
      editElsewhere: () => void away.editElsewhere(store),
      changeMode,
      go: (name) => (name === '' ? void listRooms(client, others, store) : desk.go(name)),
      goNext: () => desk.goNext(),
      rooms: () => others.unread.map(({ room }) => room),
      enterWithKey: (name, key) => desk.enterWithKey(name, key),
      copy(text) {
        const sequence = copying(text, env)
        if (sequence !== undefined) terminal.write(sequence)
        return sequence !== undefined
      },
    })
    return { room, store, outbox, session, finder, input }
  }
  const others = new OtherRooms({
    client,
    uid,
    onChange: (unread) => desk.showUnread(unread),
    onSaid: (room, speaker, text, mentions) => notifier.said(`${speaker} (${room})`, text, mentions),
  })

  let display: Display | undefined
  function redraw(isCleared = false): void {
    display?.clear()
    screen.clear(isCleared)
    desk.current.store.publish()
  }
  output?.cork() // what takes the screen goes out together with the first frame
  const screen = openScreen({
    stdin,
    stdout,
    output: terminal,
    mouse,
    isInline,
    onSignal: quit,
    onResume: () => redraw(),
  })
  const act = (action: KeyAction) => desk.current.input.act(action)
  const keyboard = new TerminalInput(stdin, {
    wheel: (count) => act({ type: 'scroll', scroll: { by: 'rows', count } }),
    focus: (hasFocus) => {
      for (const { store } of desk.chats) store.focus(hasFocus)
    },
    ground: (colour) => {
      theme = themeFor(env, options.theme, colour)
      for (const { store } of desk.chats) store.changeTheme(theme)
    },
    kitty: screen.useKitty,
    f2: () => act({ type: 'raw' }),
  })
  const away: Away = new Away({ screen, keyboard, stdin, env, write: (text) => terminal.write(text) })
  const desk: Desk = new Desk(openRoom, {
    first: options.room,
    others,
    keep,
    privateRooms: options.privateRooms,
    signal: over.signal,
  })
  output?.on('settled', () => desk.current.store.settled())
  function changeMode(name: string): void {
    const { store } = desk.current
    const next = MODES.find((known) => known === name)
    if (next === undefined) return store.hint(t.chat.modeAsks(MODES.join(', ')))
    mode = next
    for (const chat of desk.chats) {
      chat.session.changeMode(next)
      chat.store.changeMode(next)
    }
    store.notice(t.chat.modeIs(next))
  }
  /** Lets what is settled go up into the scrollback, before the frame is drawn below it. */
  const append = (write: (text: string) => void) => {
    const flow = () => {
      const lines = desk.current.store.takeSettled()
      if (lines.length > 0) write(written(lines))
    }
    desk.subscribe(flow)
    flow()
  }
  // Before Ink's own listener: it must find the tree at its new size, and nothing of the old frame to erase.
  const onResize = () => {
    const brokenUp = isInline ? rowsBrokenUp(desk.view(), sizeOf(stdout).columns, env) : 0
    display?.clear()
    if (brokenUp > 0) terminal.write(`\x1b[${brokenUp}A\x1b[J`)
    screen.clear()
    for (const { store } of desk.chats) store.resize(sizeOf(stdout))
    display?.rerender()
  }
  stdout.on('resize', onResize)
  // A terminal that is gone fails once more on every restoring write, so these two stay to the end.
  stdout.on('error', quit)
  output?.on('error', quit)
  stdin.on('error', quit)
  stdin.on('end', quit)

  try {
    const first = new FirstFrame(desk.view, (text) => terminal.write(text), { isInline })
    display = first
    const forget = desk.subscribe(first.rerender)
    first.rerender()
    output?.uncork()
    const { startDrawing } = await import('./drawing.tsx')
    forget()
    output?.cork()
    first.giveWay()
    const drawing = startDrawing(
      {
        subscribe: desk.subscribe,
        view: desk.view,
        onKey(text, key) {
          for (const action of actionsFor(text, key)) act(action)
        },
        onPaste: (text) => desk.current.input.paste(text),
        onWriter: isInline ? append : ignore,
      },
      { stdin: keyboard, stdout: terminal, isInline },
    )
    display = drawing
    output?.uncork()
    await output?.settled(FIRST_FRAME_MS) // what comes now loads undici, and nothing else would happen meanwhile
    const running = desk.run()
    if (keep?.fault !== undefined) desk.current.store.hint(t.chat.notKept(keep.fault))
    await Promise.race([left.promise, drawing.ended, running])
  } finally {
    output?.uncork() // also where there never was a first frame
    display?.end()
    await output?.settled(LAST_FRAME_MS)
    screen.leave()
    if (!isInline && !away.isAway) terminal.write(written(desk.current.store.lastLines(sizeOf(stdout).rows - 1)))
    await output?.settled(LAST_FRAME_MS)
    stdout.off('resize', onResize)
    stdin.off('end', quit)
    keyboard.close()
    if (desk.current.store.isLive) await lastSends(desk.chats)
    over.abort()
    await desk.current.session.farewell()
    for (const { store } of desk.chats) store.close()
  }
  return { unsent: desk.chats.flatMap(({ outbox }) => outbox.unsent()) }
}

/** Says which rooms there are: those that are followed with what is unread in them, then the others of the server. */
async function listRooms(client: Client, others: OtherRooms, store: ChatStore): Promise<void> {
  const followed = new Map(others.unread.map(({ room, count }) => [room, count]))
  try {
    const rooms = await client.rooms()
    const names = new Set([...followed.keys(), ...rooms.map(({ room }) => sanitiseLine(room))])
    names.delete(shownRoom(store.where.room))
    const said = [...names].map((name) => (followed.get(name) ? `${name} (${followed.get(name)})` : name))
    store.notice(said.length === 0 ? t.chat.noRooms : t.chat.roomsAre(said.join(', ')))
    store.scroll({ to: 'end' })
  } catch (error) {
    store.hint(reasonOf(error))
  }
}

function ignore(): void {
  // Nothing is written above a full screen.
}

function written(lines: readonly Line[]): string {
  return lines.map(({ spans }) => `${paint(spans)}\n`).join('')
}

/** A Windows console scrolls when its last cell is written, so the last row stays free there (ink#969). */
function sizeOf(stdout: WriteStream): Size {
  const rows = process.platform === 'win32' ? stdout.rows - 1 : stdout.rows
  return { columns: Math.max(1, stdout.columns || 80), rows: Math.max(1, rows || 24) }
}

/** Gives the messages that are on their way a moment to arrive. */
async function lastSends(chats: readonly Chat[]): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, LAST_SENDS_MS)
  await Promise.race([Promise.all(chats.map(({ outbox }) => outbox.idle())), late.promise])
  clearTimeout(timer)
}
