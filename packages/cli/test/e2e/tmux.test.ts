/** The chat in a real tmux, which stands between it and the terminal. */
import { type Client, createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BIN } from '../command.ts'
import { ServerProcess } from './fixture/server-process.ts'
import type { Terminal } from './fixture/terminal.ts'
import { Tmux } from './fixture/tmux.ts'

const TIMEOUT = { timeout: 120_000 }
const WITHIN = { timeout: 20_000 }

const WHEEL_UP = '\x1b[<64;10;5M'
const WHEEL_DOWN = '\x1b[<65;10;5M'
const FOCUS_LOST = '\x1b[O'
const FOCUS_GAINED = '\x1b[I'

let server: ServerProcess
let eve: Client
let tmux: Tmux
let terminal: Terminal

beforeEach(async () => {
  tmux = new Tmux({ WEZTERM_PANE: '1' }) // a terminal that has notifications
  server = await ServerProcess.start()
  eve = createClient({ url: server.url, uid: 'eve' })
}, 60_000)

afterEach(async () => {
  await terminal?.dispose()
  tmux.dispose()
  await server.dispose()
})

const say = (text: string) => eve.send(text, { room: 'lobby' })

async function join(...args: string[]): Promise<void> {
  terminal = tmux.open({ columns: 80, rows: 24 })
  await terminal.until(/^\$/m)
  terminal.type(`${process.execPath} ${BIN} join ${server.url} --uid alice ${args.join(' ')}\r`)
  await terminal.until(/ lobby · alice@/)
  await terminal.until(/^>$/m)
}

async function resize(columns: number, rows: number): Promise<void> {
  terminal.resize(columns, rows)
  // tmux cuts the old frame to the new size, and tells the chat of it a moment later.
  await vi.waitFor(() => expect(tmux.tell('#{pane_width}')).toBe(`${columns}`), WITHIN)
}

test('types, sends, scrolls with the wheel, fits another size, and leaves the shell as it was', TIMEOUT, async () => {
  for (let i = 1; i <= 60; i++) await say(`line ${i} of sixty`)
  await join()
  await terminal.until('line 60 of sixty')
  terminal.type(...'日本語 hi', '\r')
  await terminal.until('✓ alice 日本語 hi')
  expect(tmux.tell('#{alternate_on} #{mouse_any_flag}')).toBe('1 1')

  const last = ({ screen }: Terminal) => Number(/line (\d+) of sixty\n.*lobby/.exec(screen)?.[1])
  for (let i = 0; i < 5; i++) terminal.type(WHEEL_UP)
  await terminal.until((one) => last(one) <= 46)
  await say('while you read')
  await terminal.until('↓ 1 new')
  for (let i = 0; i < 6; i++) terminal.type(WHEEL_DOWN)
  await terminal.until('~eve while you read')

  let draft = '> '
  for (const [columns, rows] of [
    [40, 12],
    [120, 30],
    [80, 24],
  ] as const) {
    await resize(columns, rows)
    terminal.type('x')
    draft += 'x'
    await terminal.until((one) => one.cursor.y === rows - 1 && one.rows.at(-1) === draft)
    await terminal.until((one) => one.screen.match(/while you read/g)?.length === 1)
    expect(terminal.screen.match(/lobby ·/g)).toHaveLength(1)
  }

  terminal.type('\x15', ...'/quit', '\r')
  await terminal.until(({ rows }) => rows.findLast(Boolean) === '$')
  expect(terminal.screen).toContain('~eve while you read') // the end of the conversation stays
  expect(terminal.screen.match(/── unread ─+/g)).toEqual([expect.stringMatching(/^.{80}$/)])
  expect(terminal.screen).not.toContain('lobby ·')
  expect(tmux.tell('#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{wrap_flag}')).toBe('0 0 1 1')
  terminal.type('echo still $((40 + 2))\r')
  await terminal.until('still 42')
})

test('notifies the terminal around tmux, and only when it is not looked at', TIMEOUT, async () => {
  await join()
  terminal.type(FOCUS_GAINED, 'x')
  await terminal.until('> x')
  await say('alice, you see this')
  await terminal.until('you see this')
  terminal.type(FOCUS_LOST)
  // That the focus has gone is not on the screen, so this is said until the chat has heard of it.
  await vi.waitFor(async () => {
    await say('alice, come back')
    expect(terminal.notifications).toContain('notify;~eve;alice, come back')
  }, WITHIN)
  expect(terminal.notifications.join()).not.toContain('you see this')
})

test('goes on while nothing is attached, and is whole in the next terminal', TIMEOUT, async () => {
  await join()
  terminal.type(...'half typed')
  await terminal.until('> half typed')
  tmux.detach()
  await terminal.ended
  for (let i = 1; i <= 3; i++) await say(`said meanwhile ${i}`)
  terminal = tmux.reattach({ columns: 100, rows: 30 })
  await terminal.until('said meanwhile 3')
  await terminal.until(({ rows, cursor }) => rows.at(-1) === '> half typed' && cursor.y === 29)
  for (let i = 1; i <= 3; i++) expect(terminal.screen.match(new RegExp(`said meanwhile ${i}`, 'g'))).toHaveLength(1)
  terminal.type('\r')
  await terminal.until('✓ alice half typed')
})

test('--inline leaves no rest of what was drawn at another width', TIMEOUT, async () => {
  for (const word of ['one', 'two', 'three']) await say(`said ${word}`)
  await join('--inline')
  await terminal.until('said three')
  terminal.type(...'a draft that is longer than a narrow row')
  await terminal.until('> a draft that is longer than a narrow row')
  for (const columns of [60, 45, 30, 25, 100, 50, 80]) {
    await resize(columns, 24)
    // What was broken by the terminal is in one row again, right above the box.
    await terminal.until(
      ({ rows }) => rows[rows.findLastIndex((row) => row.startsWith('> ')) - 1]?.startsWith(' lobby') === true,
    )
    expect(terminal.screen.match(/ lobby ·/g), `at ${columns}`).toHaveLength(1)
    expect(terminal.screen.match(/^> /gm)).toHaveLength(1)
    expect(terminal.screen.match(/said (one|two|three)$/gm)).toHaveLength(3)
  }
})
