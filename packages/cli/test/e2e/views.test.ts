/** The other ways to chat in a terminal than the full screen. */
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'

let server: ServerProcess
let alice: Person | undefined

beforeEach(async () => {
  server = await ServerProcess.start()
  await createClient({ url: server.url, uid: 'eve' }).send('said before', { room: 'lobby' })
}, 60_000)

afterEach(async () => {
  await alice?.dispose()
  await server.dispose()
})

const say = (text: string) => createClient({ url: server.url, uid: 'eve' }).send(text, { room: 'lobby' })

/** What was said, without times, marks and who said it. */
const texts = ({ terminal }: Person) => terminal.rows.flatMap((row) => /(said \w+|mine)$/.exec(row)?.[1] ?? [])

test('--inline appends to the scrollback, keeps the box below it, and leaves the conversation there', {
  timeout: 60_000,
}, async () => {
  alice = new Person('alice', ['join', server.url, '--inline'])
  const { terminal } = alice
  await alice.joined()
  expect(terminal.modes).toMatchObject({ screen: 'normal', mouseTrackingMode: 'none' })
  await terminal.until('said before')
  terminal.type(...'half a draft')
  for (const word of ['one', 'two', 'three']) await say(`said ${word}`)
  await terminal.until('said three')
  expect(terminal.rows.findLast(Boolean)).toBe('> half a draft')
  terminal.type('\x15', ...'mine', '\r')
  await terminal.until('✓ alice mine')
  alice.say('/quit')
  expect(await alice.left()).toEqual({ code: '0', isRestored: true })
  expect(texts(alice)).toEqual(['said before', 'said one', 'said two', 'said three', 'mine'])
  expect(terminal.screen).not.toContain('lobby ·')
})

test('/clear empties the screen of --inline too', { timeout: 60_000 }, async () => {
  const person = new Person('alice', ['join', server.url, '--inline'])
  alice = person
  await person.joined()
  await person.terminal.until('said before')
  person.say('/clear')
  await person.terminal.until(() => texts(person).length === 0)
  await say('said last')
  await person.terminal.until('said last')
  expect(person.terminal.rows.findLast(Boolean)).toBe('>')
})

test('--plain draws nothing: typed lines are sent, commands are obeyed', { timeout: 60_000 }, async () => {
  alice = new Person('alice', ['join', server.url, '--plain'])
  const { terminal } = alice
  await terminal.until('eve: said before')
  alice.say('mine')
  await terminal.until('alice: mine')
  alice.say('/nonsense')
  await terminal.until('there is no /nonsense')
  alice.say('/quit')
  expect(await alice.left()).toEqual({ code: '0', isRestored: true })
})

test('--screen-reader says who, when and what, in lines', { timeout: 60_000 }, async () => {
  alice = new Person('alice', ['join', server.url, '--screen-reader'])
  const { terminal } = alice
  await terminal.until(/^eve, \d\d:\d\d: said before$/m)
  alice.say('mine')
  await terminal.until(/^you, \d\d:\d\d: mine$/m)
  expect(terminal.screen).not.toMatch(/[─✓◌]/)
  terminal.type('\x04')
  expect(await alice.left()).toEqual({ code: '0', isRestored: true })
})
