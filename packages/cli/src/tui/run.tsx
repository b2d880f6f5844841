import type { ReadStream, WriteStream } from 'node:tty'
import type { Client, FollowOptions } from '@poll-chat/client'
import { type Instance, render } from 'ink'
import { t } from '../messages/language.ts'
import { MODES } from '../options.ts'
import { Away } from './away.ts'
import { ChatStore } from './chat-store.ts'
import { ChatScreen } from './components/chat-screen.tsx'
import { Finder } from './finder.ts'
import { Input } from './input.ts'
import type { Line } from './item-lines.ts'
import { Keep } from './keep.ts'
import { actionsFor } from './keys.ts'
import { copying, Notifier, type Notify } from './notify.ts'
import { Outbox } from './outbox.ts'
import { PacedOutput } from './paced-output.ts'
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
  /** When to tell somebody who looks at another window. @default 'mentions' */
  notify?: Notify
  /** Where history, drafts and what is not sent yet outlive the chat. @default nowhere */
  stateFolder?: string | undefined
  /** Shown at the start, such as how others get in. */
  notice?: string
}

export type ChatStreams = { stdin: ReadStream; stdout: WriteStream }

/** How long leaving waits for a terminal that does not read, in milliseconds. */
const LAST_FRAME_MS = 500

/** How long leaving waits for messages that are on their way, in milliseconds. */
const LAST_SENDS_MS = 1_000

/**
 * Runs the chat until the user quits. Resolves with the texts that were never acknowledged, the terminal restored.
 * @throws ChatError when the server refuses for good
 */
export async function runChat(options: ChatOptions, streams: ChatStreams = process): Promise<{ unsent: string[] }> {
  const { client, room, uid, mode, isInline = false, mouse = true, notify = 'mentions', stateFolder } = options
  const { env } = process
  const { stdin, stdout } = streams
  const over = new AbortController()
  const left = Promise.withResolvers<void>()
  const quit = () => left.resolve()

  const output = PacedOutput.over(stdout)
  const terminal = output ?? stdout
  const keep = stateFolder === undefined ? undefined : new Keep(stateFolder, { url: client.url, uid })
  const notifier = new Notifier(notify, env, (sequence) => terminal.write(sequence))
  const store = new ChatStore({
    where: { room, uid, host: new URL(client.url).host, mode },
    size: sizeOf(stdout),
    theme: themeFor(env),
    isInline,
    keep,
    isBusy: () => away.isAway || (output?.isBusy ?? false),
    onSaid: ({ uid, text, mentions }) => notifier.said(uid, text, mentions),
  })
  output?.on('settled', () => store.settled())
  const outbox = new Outbox(client, room, store, keep)
  const session = new Session(client, store, outbox, options, keep)
  const finder = new Finder(client, room, store)
  const load = () => void session.load(over.signal)

  /** Lets what is settled go up into the scrollback, before the frame is drawn below it. */
  const append = (write: (text: string) => void) => {
    const flow = () => {
      const lines = store.takeSettled()
      if (lines.length > 0) write(written(lines))
    }
    store.subscribe(flow)
    flow()
  }

  let ink: Instance | undefined
  function redraw(): void {
    ink?.clear()
    screen.clear()
    store.publish()
  }
  const screen = openScreen({ stdin, stdout, output: terminal, mouse, isInline, onSignal: quit, onResume: redraw })
  const input = new Input(store, outbox, {
    quit,
    redraw,
    suspend: screen.suspend,
    load,
    findOlder: (words) => void finder.older(words),
    findNewer: (words) => finder.newer(words),
    endFinding: () => finder.reset(),
    showRaw: (isRaw) => away.showRaw(isRaw),
    editElsewhere: () => void away.editElsewhere(),
    changeMode,
    copy(text) {
      const sequence = copying(text, env)
      if (sequence !== undefined) terminal.write(sequence)
      return sequence !== undefined
    },
  })
  const keyboard = new TerminalInput(stdin, {
    wheel: (count) => input.act({ type: 'scroll', scroll: { by: 'rows', count } }),
    focus: (hasFocus) => store.focus(hasFocus),
    ground: (colour) => store.useTheme(themeFor(env, colour)),
    kitty: screen.useKitty,
    f2: () => input.act({ type: 'raw' }),
  })
  const away: Away = new Away({ store, screen, keyboard, stdin, env, write: (text) => terminal.write(text) })
  function changeMode(name: string): void {
    const next = MODES.find((known) => known === name)
    if (next === undefined) return store.hint(t.chat.modeAsks(MODES.join(', ')))
    session.changeMode(next)
    store.changeMode(next)
    store.notice(t.chat.modeIs(next))
  }
  const view = (
    <ChatScreen
      subscribe={store.subscribe}
      view={store.view}
      onKey={(text, key) => {
        for (const action of actionsFor(text, key)) input.act(action)
      }}
      onPaste={(text) => input.paste(text)}
      onWriter={isInline ? append : ignore}
    />
  )
  // Before Ink's own listener: it must find the tree at its new size, and nothing of the old frame to erase.
  const onResize = () => {
    ink?.clear()
    screen.clear()
    store.resize(sizeOf(stdout))
    ink?.rerender(view)
  }
  stdout.on('resize', onResize)
  // A terminal that is gone fails once more on every restoring write, so these two stay to the end.
  stdout.on('error', quit)
  output?.on('error', quit)
  stdin.on('error', quit)
  stdin.on('end', quit)

  try {
    ink = render(view, {
      stdin: keyboard,
      stdout: terminal,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: false,
      maxFps: 30,
    })
    if (keep?.fault !== undefined) store.hint(t.chat.notKept(keep.fault))
    const sending = outbox.run(over.signal)
    await Promise.race([left.promise, ink.waitUntilExit(), session.run(over.signal), sending])
  } finally {
    if (isInline) ink?.rerender(null)
    ink?.unmount()
    await output?.settled(LAST_FRAME_MS)
    screen.leave()
    if (!isInline && !away.isAway) terminal.write(written(store.lastLines(sizeOf(stdout).rows - 1)))
    await output?.settled(LAST_FRAME_MS)
    stdout.off('resize', onResize)
    stdin.off('end', quit)
    keyboard.close()
    if (store.isLive) await lastSends(outbox)
    over.abort()
    store.close()
  }
  return { unsent: outbox.unsent() }
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
async function lastSends(outbox: Outbox): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, LAST_SENDS_MS)
  await Promise.race([outbox.idle(), late.promise])
  clearTimeout(timer)
}
