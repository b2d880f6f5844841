/** Commands, terminal and page do with a server on NATS JetStream what they do with any other. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NatsServer, startNats } from '../../../server/test/nats-server.ts'
import { run, start, textsOf, waiting } from '../command.ts'
import { launchBrowser } from './fixture/browser.ts'
import { ChatPage } from './fixture/chat-page.ts'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'

let nats: NatsServer
let nodes: ServerProcess[] = []

beforeAll(async () => {
  nats = await startNats()
  const engine = `${nats.url}?shards=2`
  nodes = await Promise.all([ServerProcess.start({ engine }), ServerProcess.start({ engine })])
}, 120_000)
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.dispose()))
  await nats?.stop()
}, 60_000)

/** Two addresses of the same chat. */
function urls(): [string, string] {
  const [a, b] = nodes.map(({ url }) => url)
  if (a === undefined || b === undefined) throw new Error('There are two nodes.')
  return [a, b]
}

const send = (url: string, room: string, uid: string, text: string) =>
  run(['send', '--server', url, '--room', room, '--uid', uid, text])

test('send, tail, history, rooms, wait, search, ask and doctor', async () => {
  const [a, b] = urls()
  const at = ['--server', b, '--room', 'commands']
  const doctor = run(['doctor', a, '--json']) // a request hangs for 25 s
  const tail = start(['tail', ...at, '--json', '--since', 'all'])
  for (const text of ['one', 'two', 'three']) expect(await send(a, 'commands', 'ada', text)).toMatchObject({ code: 0 })
  await tail.until(({ stdout }) => stdout.split('\n').length > 3)
  const told = tail.stdout
    .trim()
    .split('\n')
    .map((line): { index: number; text: string } => JSON.parse(line))
  expect(told.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  tail.child.kill('SIGTERM')

  expect((await run(['history', ...at, '-n', '2'])).stdout).toMatch(/^\d\d:\d\d ada: two\n\d\d:\d\d ada: three\n$/)
  const since = await run(['tail', ...at, '--no-follow', '--json', '--since', `${told[0]?.index}`])
  expect(since.stdout.trim().split('\n')).toHaveLength(2)
  expect((await run(['rooms', '--server', a, '--json'])).stdout).toContain('"commands"')

  const wait = await waiting(['wait', ...at, '--match', 'go'])
  await send(a, 'commands', 'bob', 'let us go')
  expect(await wait.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('let us go') })

  const search = async (url: string) =>
    (await run(['search', '--server', url, '--room', 'commands', '--json', 'let go'])).stdout
  for (const url of [a, b]) {
    while ((await search(url)) === '') await pause(50)
    expect(JSON.parse(await search(url))).toMatchObject({ from: { uid: 'bob' }, text: 'let us go' })
  }

  const ask = start(['ask', ...at, '--uid', 'cyd', '--from', 'bob', 'shall we?'])
  const history = async () => (await run(['history', ...at, '--json', '-n', '1'])).stdout
  while (!(await history()).includes('shall we?')) await pause(50)
  await send(a, 'commands', 'bob', 'yes')
  expect(await ask.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('yes') })

  expect(JSON.parse((await doctor).stdout)).toMatchObject({ works: true })
}, 180_000)

test('a text by its own id is one message at whichever node, and a claimed uid is taken at both', async () => {
  const [a, b] = urls()
  const one = ['--id', 'same', '--room', 'once', '--uid', 'ada', 'hello']
  for (const url of [a, b, a]) expect((await run(['send', '--server', url, ...one])).code).toBe(0)
  const { stdout } = await run(['history', '--server', b, '--room', 'once', '--json'])
  expect(stdout.trim().split('\n')).toHaveLength(1)

  const claim = { method: 'PUT', headers: { 'Poll-Chat-Claim': 'c'.repeat(43) } }
  expect((await fetch(`${a}/v1/uids/dee/claim`, claim)).status).toBe(200)
  for (const url of [a, b]) expect(await send(url, 'once', 'dee', 'not me')).toMatchObject({ code: 4 })
})

test('a terminal and the page chat with each other through different nodes, and are seen', async () => {
  const [a, b] = urls()
  const browser = await launchBrowser()
  const alice = new Person('alice', ['join', a])
  try {
    const bob = await ChatPage.enter(browser, b, 'bob')
    await alice.joined()
    alice.say('hello from a terminal')
    await bob.shows(['hello from a terminal'])
    await bob.say('hello from the page')
    await alice.terminal.until(/hello from the page/)
    expect((await run(['who', '--server', a])).stdout).toContain('alice')
    expect((await run(['who', '--server', b])).stdout).toContain('bob')
    expect(await textsOf(a)).toEqual(['hello from a terminal', 'hello from the page'])
    expect(bob.errors).toEqual([])
  } finally {
    await browser.close()
    await alice.dispose()
  }
}, 180_000)
