/** Several rooms in one terminal. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
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

test('a private room: its key is asked for once and never shown, and what is said there finds it again after a restart', {
  timeout: 90_000,
}, async () => {
  const key = 'correct-horse'
  const { terminal } = alice
  await say('lobby', 'for all')
  await terminal.until('eve for all')
  alice.say('/room lobby!')
  await terminal.until('key of the private room lobby!')
  terminal.type(...key)
  await terminal.until(`lobby!: ${'*'.repeat(key.length)}`)
  expect(terminal.screen).not.toContain(key)
  terminal.type('\r')
  await terminal.until(' lobby! · alice@')
  alice.say('secret plan')
  await terminal.until('✓ alice secret plan')
  expect(terminal.screen).not.toContain('for all')
  await server.kill()
  await terminal.until('reconnecting')
  alice.say('said while it was away')
  await terminal.until(/◌ +said while it was away$/m)
  alice.signal('SIGKILL')
  await alice.left()
  await server.start()

  const insider = createClient({ url: server.url, uid: 'eve', roomKeys: () => key })
  const again = new Person('alice', ['join', server.url], { rows: 16 }, { as: alice })
  try {
    await again.joined()
    await again.terminal.until('eve for all')
    expect(again.terminal.screen).not.toContain('secret')
    await insider.send('are you there?', { room: 'lobby' })
    await again.terminal.until('lobby! 1')
    again.say('/room lobby!')
    await again.terminal.until(/secret plan\n/)
    await again.terminal.until('✓ alice said while it was away')
    const { messages } = await insider.history('lobby')
    expect(messages.map(({ text }) => text)).toEqual(['secret plan', 'are you there?', 'said while it was away'])
    const outside = await createClient({ url: server.url }).history('lobby')
    expect(outside.messages.map(({ text }) => text)).toEqual(['for all'])
    expect(filesWith(key, alice.env.HOME ?? '').map((file) => statSync(file).mode & 0o777)).toEqual([0o600])
  } finally {
    await again.dispose()
  }
})

/** The files of a folder that hold a text. */
function filesWith(text: string, folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return files.filter((file) => readFileSync(file, 'utf8').includes(text))
}
