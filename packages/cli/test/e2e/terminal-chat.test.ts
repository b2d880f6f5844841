/** Two people chat in real terminals, one in each mode. */

import { type Client, createClient } from '@poll-chat/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'

const TIMEOUT = { timeout: 120_000 }

let server: ServerProcess
let client: Client
let people: Person[] = []

beforeEach(async () => {
  server = await ServerProcess.start()
  client = createClient({ url: server.url, uid: 'eve' })
}, 60_000)

afterEach(async () => {
  await Promise.all(people.map((person) => person.dispose()))
  people = []
  await server.dispose()
})

async function join(uid: string, args: string[] = [], size = {}, as?: Person): Promise<Person> {
  const person = new Person(uid, ['join', server.url, ...args], size, as ? { as } : {})
  people.push(person)
  await person.joined()
  return person
}

async function joinBoth(size = {}): Promise<{ alice: Person; bob: Person }> {
  const [alice, bob] = await Promise.all([
    join('alice', [], size),
    join('bob', ['--mode', 'poll', '--interval', '100'], size),
  ])
  return { alice, bob }
}

/** Where the box begins: its prompt takes two cells. */
const PROMPT = 2

describe('wide characters', () => {
  // Text, and the cells that it takes.
  const texts: [string, number][] = [
    ['日本語', 6],
    ['한국어 中文', 11],
    ['👩‍👩‍👧‍👦', 2],
    ['🇩🇪👍🏽', 4],
    ['e\u0301a\u0308', 2],
    ['ok 👍 はい', 10],
  ]

  test.each(['typed', 'pasted'] as const)('%s, sent and shown, each in its cells', TIMEOUT, async (how) => {
    const { alice, bob } = await joinBoth()
    for (const [i, [text, cells]] of texts.entries()) {
      const [sender, reader] = i % 2 === 0 ? [alice, bob] : [bob, alice]
      const { terminal } = sender
      if (how === 'typed') terminal.type(...text)
      else terminal.paste(text)
      // The beginning of an emoji of several may be as wide as the whole.
      await terminal.until(({ rows, cursor }) => rows.at(-1) === `> ${text}` && cursor.x === PROMPT + cells)
      const y = terminal.rows.length - 1
      expect(terminal.cursor).toEqual({ x: PROMPT + cells, y })
      terminal.type('|')
      await terminal.until(() => terminal.cell(PROMPT + cells, y) === '|')
      terminal.type('\r')
      await terminal.until(({ cursor }) => cursor.x === PROMPT)

      await reader.terminal.until(`${sender.uid} ${text}|`)
      const row = reader.terminal.rows.findIndex((line) => line.includes(`${sender.uid} ${text}|`))
      const begin = 'hh:mm   '.length + sender.uid.length + ' '.length
      expect(reader.terminal.cell(begin + cells, row)).toBe('|')
    }
    expect((await wholeLog(client, 'lobby')).map(({ text }) => text)).toEqual(texts.map(([text]) => `${text}|`))
  })
})

test(
  'another size of the window loses and doubles nothing, and the first size shows the first screen',
  TIMEOUT,
  async () => {
    const { alice, bob } = await joinBoth()
    const long = 'a long line with words and 漢字, which wraps differently in every window '.repeat(2).trim()
    const texts = ['short', long, '日本語'.repeat(20), 'last']
    for (const text of texts) {
      bob.terminal.paste(text)
      bob.terminal.type('\r')
    }
    alice.terminal.type(...'half typed')
    for (const { terminal } of [alice, bob]) await terminal.until((one) => / last$/m.test(one.screen))
    await alice.terminal.until('> half typed')
    // The measured time is another one every time.
    const screenOf = ({ terminal }: Person) => terminal.screen.replace(/\d+ ms/, '')
    const before = screenOf(alice)
    for (const [columns, rows] of [
      [40, 30],
      [200, 50],
      [31, 12],
    ] as const) {
      alice.terminal.resize(columns, rows)
      await alice.terminal.until(({ cursor }) => cursor.y === rows - 1)
      await alice.terminal.until((one) => one.rows.at(-1) === '> half typed' && / last$/m.test(one.screen))
      const shown = alice.terminal.screen.replaceAll(/\s+/g, '')
      expect(alice.terminal.screen.match(/ last$/gm)).toHaveLength(1)
      if (rows >= 30) for (const text of texts) expect(shown.split(text.replaceAll(/\s+/g, ''))).toHaveLength(2)
    }
    alice.terminal.resize(80, 24)
    await alice.terminal.until(() => screenOf(alice) === before)
    alice.terminal.type('\r')
    await bob.terminal.until('alice half typed')
  },
)

test('the server is killed under them: both go on by themselves, nothing is lost or doubled', TIMEOUT, async () => {
  const { alice, bob } = await joinBoth({ rows: 40 })
  const both = [alice, bob]
  const total = (count: number) =>
    Promise.all(both.map(({ terminal }, i) => terminal.until(() => both[i]?.seen('text').length === count)))
  let count = 0
  const say = (person: Person) => person.say(`text ${++count}`)
  for (let round = 0; round < 3; round++) {
    say(alice)
    say(bob)
    await total(count)
    await server.kill()
    for (const { terminal } of both) await terminal.until('reconnecting')
    say(alice)
    say(bob)
    for (const { terminal } of both) await terminal.until('◌')
    await server.start()
    await total(count)
    for (const { terminal } of both)
      await terminal.until(({ screen }) => !screen.includes('reconnecting') && !screen.includes('◌'))
  }
  say(alice)
  say(bob)
  await total(count)
  const log = (await wholeLog(client, 'lobby')).map(({ text }) => text)
  expect([...log].sort()).toEqual(Array.from({ length: count }, (_, i) => `text ${i + 1}`).sort())
  for (const person of both) expect(person.seen('text'), person.uid).toEqual(log)
})

test('who comes back finds exactly what was missed below a line', TIMEOUT, async () => {
  let alice = await join('alice')
  await client.send('text read', { room: 'lobby' })
  await alice.terminal.until('text read')
  alice.say('text mine')
  await alice.terminal.until('✓ alice text mine')
  alice.say('/quit')
  expect(await alice.left()).toMatchObject({ code: '0' })
  expect((await client.presence('lobby')).here).toEqual([]) // she said goodbye

  for (const word of ['one', 'two', 'three']) await client.send(`text ${word}`, { room: 'lobby' })
  alice = await join('alice', [], {}, alice)
  await alice.terminal.until('text three')
  const rows = alice.terminal.rows.map((row) => row.replace(/^\d\d:\d\d +/, ''))
  const line = rows.findIndex((row) => row.startsWith('── unread ─'))
  expect(rows.slice(line - 2, line)).toEqual(['~eve text read', '✓ alice text mine'])
  expect(rows.slice(line + 1, line + 5)).toEqual([
    '~eve text one',
    'text two',
    'text three',
    expect.stringContaining('lobby'),
  ])
})
