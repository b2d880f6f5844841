/** The first frame waits for no server: it is there while a server is silent, and so is the box. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'

const TIMEOUT = { timeout: 60_000 }

let server: ServerProcess

beforeEach(async () => {
  server = await ServerProcess.start()
}, 60_000)

afterEach(() => server.dispose())

/** Takes connections, and says nothing before `answer`. */
async function silent(): Promise<{ url: string; answer: () => void }> {
  const clients = new Set<Socket>()
  let answers = false
  const forward = (client: Socket) => {
    const target = connect(server.port, '127.0.0.1').on('error', () => client.destroy())
    client.pipe(target).pipe(client)
  }
  const front = createServer((client) => {
    clients.add(client.on('error', () => client.destroy()))
    if (answers) forward(client)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const client of clients) client.destroy()
    front.close()
  })
  const { port } = front.address() as AddressInfo
  const answer = () => {
    answers = true
    for (const client of clients) forward(client)
  }
  return { url: `http://127.0.0.1:${port}`, answer }
}

function join(uid: string, args: string[]): Person {
  const person = new Person(uid, ['join', ...args])
  onTestFinished(() => person.dispose())
  return person
}

test.each([
  ['full screen', []],
  ['inline', ['--inline']],
])(
  '%s: it stays as it is until somebody types, and that is sent when the server answers',
  TIMEOUT,
  async (_, flags) => {
    const { url, answer } = await silent()
    const { terminal } = join('alice', [url, ...flags])
    const box = () => terminal.rows.findLast((row) => row !== '')
    await terminal.until(() => / lobby · alice@\S+ · auto/.test(terminal.screen) && box() === '>')
    const screens = new Set([terminal.screen])
    terminal.type('h')
    await terminal.until(() => {
      screens.add(terminal.screen)
      return box() === '> h'
    })
    expect(screens.size).toBe(2)
    terminal.type(...'ello\r')
    await terminal.until(/◌.* hello/)
    expect(terminal.screen).toContain('connecting')
    answer()
    await terminal.until(/✓.* hello/)
    expect((await wholeLog(createClient({ url: server.url }), 'lobby')).map(({ text, from }) => [text, from])).toEqual([
      ['hello', { uid: 'alice', verified: true }],
    ])
  },
)

test('a uid that turns out to be taken ends the chat, and what was typed is told', TIMEOUT, async () => {
  await createClient({ url: server.url, uid: 'alice', claim: 'c'.repeat(43) }).claim()
  const { url, answer } = await silent()
  const alice = join('alice', [url])
  await alice.joined()
  alice.say('hello')
  await alice.terminal.until(/◌.* hello/)
  answer()
  expect(await alice.left()).toEqual({ code: '4', isRestored: true })
  expect(alice.terminal.screen).toContain('"alice" is taken')
  expect(await wholeLog(createClient({ url: server.url }), 'lobby')).toEqual([])
})
