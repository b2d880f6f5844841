/** What a terminal, and what people in it, can do to a chat. */
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'

let server: ServerProcess
let alice: Person

beforeEach(async () => {
  server = await ServerProcess.start()
  alice = new Person('alice', ['join', server.url])
  await alice.joined()
}, 60_000)

afterEach(async () => {
  await alice.dispose()
  await server.dispose()
})

test('a terminal that stops reading stops what is shown, and nothing else', { timeout: 60_000 }, async () => {
  const { terminal } = alice
  const eve = createClient({ url: server.url, uid: 'eve' })
  terminal.pause()
  // Each is another frame, and together they are far more than a terminal takes without reading.
  for (let i = 1; i <= 60; i++) {
    await eve.send(`${i} ${'日本語 long line '.repeat(60)}`, { room: 'lobby' })
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  alice.say('still here')
  await vi.waitFor(
    async () => expect((await wholeLog(eve, 'lobby')).map(({ text }) => text)).toContain('still here'),
    20_000,
  )
  await eve.send('the end', { room: 'lobby' })
  terminal.resume()
  await terminal.until('the end')
  await terminal.until('✓ alice still here')
  await terminal.until(({ rows }) => rows.at(-1) === '>')
})

test('a megabyte that is pasted and never ends locks nobody out', { timeout: 60_000 }, async () => {
  const { terminal } = alice
  terminal.type('\x1b[20', '0~')
  for (let i = 0; i < 20; i++) terminal.type('x'.repeat(65_536))
  await terminal.until('the paste is too long')
  terminal.type(...'typed', '\r')
  await terminal.until('✓ alice typed')
})

test('no text changes the terminal: title, clipboard, modes and cursor are as they were', {
  timeout: 60_000,
}, async () => {
  const { terminal } = alice
  const before = terminal.modes
  const hostile = [
    '\x1b]0;owned\x07',
    '\x1b]52;c;b3duZWQ=\x07',
    '\x9d0;owned\x9c',
    '\x1b[?1049l',
    '\x1b[?25l',
    '\x1b[?2004l\x9b?1000h',
    '\x1bc',
    '\x1b[2J\x1b[H',
    '\x1bPtmux;\x1b\x1b]0;owned\x07\x1b\\',
    '\u202eevil\u2066',
    'a\u0300'.repeat(5),
    'x\r\x08\x08y',
    '\x1b]8;;file:///etc\x07l',
  ]
  const eve = createClient({ url: server.url, uid: 'eve' })
  for (const [i, text] of hostile.entries()) await eve.send(`${i} ${text} ok`, { room: 'lobby' })
  await eve.send('the end', { room: 'lobby' })
  await terminal.until('the end')
  expect(terminal.modes).toEqual(before)
  expect(terminal.screen).not.toContain('owned')
  await terminal.until(({ rows }) => rows.at(-1) === '>')
  expect(terminal.cursor).toEqual({ x: 2, y: terminal.rows.length - 1 })
})
