/** Keys and claims, right ones and wrong ones, stand in no answer, log, process list or file of a server. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run, start } from '../command.ts'
import { Folder } from './fixture/folder.ts'
import { ServerProcess } from './fixture/server-process.ts'

const RIGHT = {
  key: 'sesame-of-the-server',
  admin: 'sesame-of-the-operator',
  claim: `${'c1'.repeat(21)}x`,
  room: 'sesame-of-the-room',
} as const
const WRONG = {
  key: 'guess-of-the-server',
  admin: 'guess-of-the-operator',
  claim: `${'g2'.repeat(21)}y`,
  room: 'guess-of-the-room',
} as const
const SECRETS = [...Object.values(RIGHT), ...Object.values(WRONG)]

let server: ServerProcess
let folder: Folder

beforeEach(async () => {
  folder = new Folder()
  const env = { POLL_CHAT_KEY: RIGHT.key, POLL_CHAT_ADMIN_KEY: RIGHT.admin }
  server = await ServerProcess.start({ env, args: ['--log-level', 'debug'] })
}, 60_000)

afterEach(async () => {
  await server.dispose()
  folder.remove()
})

type Shown = { bearer: string; claim: string; room: string }

/** Every route of the API with these credentials: all that came back, as text. */
async function askAll({ bearer, claim, room }: Shown): Promise<string[]> {
  const headers = { Authorization: bearer, 'Poll-Chat-Claim': claim, 'Poll-Chat-Room-Key': room }
  const described = await fetch(`${server.url}/openapi.json`, { headers: { Authorization: `Bearer ${RIGHT.key}` } })
  const { paths }: { paths: Record<string, object> } = await described.json()
  const query = 'uid=alice&q=hello&text=hello&index=0&room=lobby&ack=0&limit=1'
  const answers: string[] = []
  for (const [path, methods] of Object.entries(paths)) {
    const place = path.replace('{room}', 'lobby').replace('{uid}', 'alice').replace('{index}', '1')
    const after = path === '/v1/sync' ? 'after=lobby!1@0,ops!1@0' : 'after=0'
    for (const method of Object.keys(methods)) {
      const withBody = method === 'post' || method === 'put'
      const response = await fetch(`${server.url}${place}?${query}&${after}`, {
        method: method.toUpperCase(),
        headers: { ...headers, ...(withBody && { 'Content-Type': 'application/json' }) },
        ...(withBody && { body: '{"uid":"alice","text":"hello"}' }),
      })
      const type = response.headers.get('content-type') ?? ''
      answers.push([...response.headers].join('\n'))
      if (type.startsWith('text/event-stream')) await response.body?.cancel()
      else answers.push(Buffer.from(await response.arrayBuffer()).toString('latin1'))
    }
  }
  return [...answers, await askSocket({ bearer, claim, room })]
}

/** What a WebSocket says to a first frame with these. */
function askSocket({ bearer, claim, room }: Shown): Promise<string> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/rooms/lobby/socket?after=0&hello=1&uid=alice`)
  return new Promise((resolve, reject) => {
    const hello = { type: 'hello', key: bearer.replace('Bearer ', ''), claim, room_key: room }
    socket.onopen = () => socket.send(JSON.stringify(hello))
    socket.onmessage = ({ data }) => {
      resolve(String(data))
      socket.close()
    }
    socket.onerror = () => reject(new Error('no WebSocket'))
  })
}

test('no secret, right, wrong or malformed, comes back, is logged, stored or listed', {
  timeout: 120_000,
}, async () => {
  const { key, admin, claim, room } = RIGHT
  const answers = [
    await askAll({ bearer: `Bearer ${key}`, claim, room }),
    await askAll({ bearer: `Bearer ${admin}`, claim, room }),
    await askAll({ bearer: `Bearer ${WRONG.key}`, claim: WRONG.claim, room: WRONG.room }),
    await askAll({ bearer: `Bearer ${key}`, claim: WRONG.claim, room: WRONG.room }),
    await askAll({ bearer: `Bearer ${key}`, claim: `${claim}${WRONG.claim}`, room }),
    await askAll({ bearer: `Bearer ${key}`, claim, room: `${room}, ${WRONG.room} x` }),
    await askAll({ bearer: `Basic ${admin} ${WRONG.admin}`, claim, room }),
  ].flat()
  expect(answers.some((answer) => answer.includes('SQLite format 3'))).toBe(true) // the backup was among them
  for (const secret of SECRETS)
    expect(
      answers.find((answer) => answer.includes(secret)),
      secret,
    ).toBeUndefined()

  const files = readdirSync(server.dataFolder).filter((name) => name !== 'admin.key')
  expect(files.length).toBeGreaterThan(0)
  const stored = files.map((name) => readFileSync(join(server.dataFolder, name), 'latin1'))
  for (const secret of SECRETS)
    expect(
      stored.find((text) => text.includes(secret)),
      secret,
    ).toBeUndefined()
  const insider = createClient({ url: server.url, key, roomKeys: () => room })
  expect((await insider.history('lobby')).messages.length).toBeGreaterThan(0) // they did get in

  server.signal('SIGTERM')
  await server.ended
  for (const secret of SECRETS) expect(server.output).not.toContain(secret)
})

test('no command has one in its command line or says one', { timeout: 120_000 }, async () => {
  const keyFile = join(folder.path, 'key')
  const roomKeyFile = join(folder.path, 'room.key')
  writeFileSync(keyFile, RIGHT.key)
  writeFileSync(roomKeyFile, RIGHT.room)
  const flags = ['--server', server.url, '--key-file', keyFile, '--room-key-file', roomKeyFile]
  const said: string[] = []
  for (const command of [['send', 'hello'], ['history'], ['search', 'hello'], ['who'], ['tail', '--no-follow']]) {
    const { code, stdout, stderr } = await run([...command, ...flags])
    expect(code, command.join(' ')).toBe(0)
    said.push(stdout, stderr)
  }
  const wrong = { POLL_CHAT_KEY: WRONG.key, POLL_CHAT_ROOM_KEY: WRONG.room, POLL_CHAT_CLAIM: WRONG.claim }
  const refused = await run(['send', 'hello', '--server', server.url], { env: wrong })
  expect(refused.code).toBe(4)
  const bad = await run(['send', 'hello', '--server', server.url], {
    env: { ...wrong, POLL_CHAT_ROOM_KEY: `${RIGHT.room},` },
  })
  expect(bad.code).toBe(2)
  const tail = await start(['tail', ...flags]).until(({ stdout }) => stdout.includes('hello'))
  const lines = [tail.child.pid, server.pid].map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  expect(lines[0]).toContain('tail')
  for (const secret of SECRETS)
    for (const text of [...said, refused.stderr, bad.stderr, tail.stdout, tail.stderr, ...lines, server.output])
      expect(text).not.toContain(secret)
})
