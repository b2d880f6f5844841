/** Several rooms in one terminal. */
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'

let server: ServerProcess
let alice: Person

beforeEach(async () => {
  server = await ServerProcess.start()
  alice = new Person('alice', ['join', server.url], { rows: 16 })
  await alice.joined()
}, 60_000)

afterEach(async () => {
  await alice.dispose()
  await server.dispose()
})

const say = (room: string, text: string) => createClient({ url: server.url, uid: 'eve' }).send(text, { room })

test('other rooms are counted, entered with what is unread marked, and keep what was typed there', {
  timeout: 60_000,
}, async () => {
  const { terminal } = alice
  await say('lobby', 'seen')
  await terminal.until('eve seen')
  terminal.type(...'half a thought', '\x15\x19') // emptied and brought back: it is a draft as any other
  await terminal.until('> half a thought')
  terminal.type('\x15')
  alice.say('/room tea')
  await terminal.until(' tea · alice@')
  expect(terminal.screen).not.toContain('seen')
  alice.say('hello')
  await terminal.until('✓ alice hello')
  terminal.type(...'a draft for tea')
  await say('lobby', 'one')
  await say('lobby', 'for @alice')
  await terminal.until('lobby 2!')
  terminal.type('\x1ba') // to where somebody waits
  await terminal.until(/eve seen\n── unread ─+\n.*eve one\n.*for @alice\n/)
  expect(terminal.rows.at(-1)).toBe('>')
  expect(terminal.screen).not.toContain('lobby 2')
  await say('tea', 'later')
  await terminal.until('tea 1')
  alice.say('/room')
  await terminal.until('Rooms: tea (1)')
  alice.say('/room tea')
  await terminal.until(/✓ alice hello\n── unread ─+\n.*eve later\n/)
  expect(terminal.rows.at(-1)).toBe('> a draft for tea')
  terminal.type('\x15')
  alice.say('/room no/name')
  await terminal.until('cannot be the name of a room')
  terminal.type('\x15')
  alice.say('/quit')
  expect(await alice.left()).toEqual({ code: '0', isRestored: true })
})

test('who is here and who types is seen', { timeout: 60_000 }, async () => {
  const { terminal } = alice
  const bob = new Person('bob', ['join', server.url])
  try {
    await bob.joined()
    await terminal.until('2 here')
    await bob.terminal.until('2 here')
    bob.terminal.type('h')
    await terminal.until('bob types …')
    bob.terminal.type('i', '\r')
    await terminal.until('bob hi')
    alice.say('/who')
    await terminal.until(/Here now: (alice, bob|bob, alice)\n.*Spoke here lately: bob/)
  } finally {
    await bob.dispose()
  }
})
