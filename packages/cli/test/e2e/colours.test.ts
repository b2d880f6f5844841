/** The colours that reach a terminal. */
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ON_DARK, ON_LIGHT } from '../../src/tui/theme.ts'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'

let server: ServerProcess
let alice: Person

beforeEach(async () => {
  server = await ServerProcess.start()
}, 60_000)

afterEach(async () => {
  await alice?.dispose()
  await server.dispose()
})

/** All kinds of things that have a colour: senders, a mention, the unread line, what went wrong. */
async function chat(env: Record<string, string>, ...args: string[]): Promise<Set<number>> {
  const client = createClient({ url: server.url, uid: 'eve' })
  alice = new Person('alice', ['join', server.url, ...args], {}, { env })
  await alice.joined()
  for (const uid of ['bob', 'carol', 'dave'])
    await createClient({ url: server.url, uid }).send(`hello alice from ${uid}`, { room: 'lobby' })
  await alice.terminal.until('from dave')
  alice.say('/nonsense')
  await alice.terminal.until('There is no /nonsense')
  alice.terminal.type('\x1b[5~')
  await client.send('while alice is further up', { room: 'lobby' })
  await alice.terminal.until('while alice is further up')
  return alice.terminal.colours
}

test('none with NO_COLOR', { timeout: 60_000 }, async () => {
  expect(await chat({ NO_COLOR: '1' })).toEqual(new Set())
  expect(alice.terminal.screen).toMatch(/@ ~?bob hello alice/)
})

test.each([
  ['dark', ON_DARK],
  ['light', ON_LIGHT],
])('those for a %s ground with --theme', { timeout: 60_000 }, async (theme, { senders, failed, warning }) => {
  const colours = await chat({}, '--theme', theme)
  expect(colours.size).toBeGreaterThan(1)
  expect([...senders, failed, warning]).toEqual(expect.arrayContaining([...colours]))
})
