/** What was typed is never lost: not with the server away, and not with the chat killed. */
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Folder } from './fixture/folder.ts'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'

let server: ServerProcess
let state: Folder
let people: Person[] = []

beforeEach(async () => {
  server = await ServerProcess.start()
  state = new Folder()
}, 60_000)

afterEach(async () => {
  await Promise.all(people.map((person) => person.dispose()))
  people = []
  await server.dispose()
  state.remove()
})

async function join(args: string[] = []): Promise<Person> {
  const env = { XDG_STATE_HOME: state.path }
  const [before] = people // the same account: alice's name is claimed
  const alice = new Person('alice', ['join', server.url, ...args], {}, { env, ...(before && { as: before }) })
  people.push(alice)
  await alice.joined()
  return alice
}

const texts = async () => (await wholeLog(createClient({ url: server.url }), 'lobby')).map(({ text }) => text)

test('said while the server is away, killed, and begun again: all is sent once and in order, the draft is there', {
  timeout: 60_000,
}, async () => {
  const first = await join()
  first.say('one')
  await first.terminal.until('✓ alice one')
  await server.kill()
  await first.terminal.until('reconnecting')
  for (const text of ['two', 'three', 'four']) first.say(text)
  first.terminal.type(...'half a thought')
  await first.terminal.until(/◌ +four$/m)
  await new Promise((resolve) => setTimeout(resolve, 1_000)) // the draft is kept a moment after the last key
  first.signal('SIGKILL')
  await first.left()
  await server.start()
  const second = await join()
  await second.terminal.until(/✓ +four$/m)
  expect(await texts()).toEqual(['one', 'two', 'three', 'four'])
  expect(second.terminal.rows.at(-1)).toBe('> half a thought')
  second.terminal.type('\x15\x1b[A')
  await second.terminal.until(({ rows }) => rows.at(-1) === '> four')
  second.terminal.type('\x15\x04')
  await second.left()
  expect(await texts()).toEqual(['one', 'two', 'three', 'four'])
})

test('a line stands above what is unread also where the server keeps no place', { timeout: 60_000 }, async () => {
  const first = await join(['--mode', 'poll', '--interval', '100'])
  first.say('mine')
  await first.terminal.until('✓ alice mine')
  first.say('/quit')
  await first.left()
  await createClient({ url: server.url, uid: 'eve' }).send('while away', { room: 'lobby' })
  const second = await join(['--mode', 'poll', '--interval', '100'])
  await second.terminal.until(/✓ alice mine\n── unread ─+\n.*eve while away\n/)
})
