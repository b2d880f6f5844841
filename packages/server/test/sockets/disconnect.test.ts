import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { expect, it, onTestFinished } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { draft } from '../drafts.ts'
import { connection } from './serving.ts'

/** The application behind real sockets, with its hub at hand. `answered` emits when an answer is about to be written. */
async function served() {
  const parts = chatApp()
  const answered = new EventEmitter()
  const listener = getRequestListener(async (request, env) => {
    const response = await parts.app.fetch(request, env)
    answered.emit('answer', env.incoming.socket)
    return response
  })
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return { ...parts, server, answered, url: `http://127.0.0.1:${portOf(server)}` }
}

it('a client that goes away while it waits is forgotten at once', async () => {
  const { url, hub } = await served()
  const clients = await Promise.all(Array.from({ length: 30 }, () => connection(url)))
  const paths = [
    '/v1/rooms/lobby/messages?after=0&wait=55',
    '/v1/rooms/lobby/inbox?uid=UID&wait=55',
    '/get/message?uid=UID',
  ]
  for (const [i, { get }] of clients.entries()) get((paths[i % 3] ?? '').replace('UID', `u${i}`))
  await until(() => hub.waiting === 30)
  for (const [i, { socket }] of clients.entries()) {
    if (i % 2) socket.resetAndDestroy()
    else socket.destroy()
  }
  await until(() => hub.waiting === 0)
})

it('a client that goes away in the middle of its request is no error of the server', async () => {
  const { url, lines, answered } = await served()
  const { socket } = await connection(url)
  const head = 'POST /v1/rooms/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n'
  const over = once(answered, 'answer')
  socket.write(`${head}half`, () => socket.destroy())
  await over
  expect(lines.filter((line) => line.includes('"level":50'))).toEqual([])
})

it('a place moves when the answer went to a socket that is open, and stays when the socket was gone before', async () => {
  const { url, log, store, answered } = await served()
  const place = async () => (await store.get('inbox/lobby/alice'))?.value
  await fetch(`${url}/lang/?uid=alice`)
  await log.append(draft('lobby', 'x'))
  const { next } = await log.read('lobby', { index: 0 }, 1)

  for (let attempt = 0; attempt < 5; attempt++) {
    const gone = await connection(url)
    answered.once('answer', (socket: Socket) => socket.destroy())
    gone.get('/get/message?uid=alice')
    expect(await gone.ended()).toBe('')
    expect(await place()).toBe('0')
  }

  const there = await connection(url)
  there.get('/get/message?uid=alice')
  await until(() => there.answer().includes('"data":"x"'))
  await until(async () => (await place()) === next)
})

it('a message that comes when its waiting client has gone is kept for it', async () => {
  const { url, hub, log, server } = await served()
  await fetch(`${url}/lang/?uid=alice`)
  const gone = await connection(url)
  gone.get('/get/message?uid=alice')
  await until(() => hub.waiting === 1)
  // In one turn: the message is there before the server can have noticed that the client is gone.
  const appended = log.append(draft('lobby', 'x'))
  server.closeAllConnections()
  await appended
  await until(() => hub.waiting === 0)
  const again = await fetch(`${url}/get/message?uid=alice`)
  expect(await again.json()).toMatchObject({ status: true, data: 'x' })
  const nothing = await connection(url)
  nothing.get('/get/message?uid=alice')
  await until(() => hub.waiting === 1)
})

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address.port
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate)
}
