import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { createUndiciFetch } from '@poll-chat/client/undici'
import { startPollChat } from '../servers/poll-chat.mjs'

const MODES = ['auto', 'long', 'poll', 'sse', 'ws']

export const title = 'What following a room costs on the wire'
export const text = `A reader for each way follows a room through a pipe that counts: for a minute in which nobody speaks, and while somebody says
something every two seconds. Bytes are those of TCP's payload in both directions; requests are counted by their first lines (a
WebSocket is one). \`auto\` begins with a long poll and has moved to an event stream by then. A message has 64 bytes of text.`
export const main = 'autoBytes'
export const figures = Object.fromEntries(
  MODES.flatMap((mode) => [
    [`${mode}Bytes`, { label: `${mode}: bytes` }],
    [`${mode}Requests`, { label: 'requests' }],
  ]),
)
export const curves = []

export function cases({ quick }) {
  const servers = ['poll-chat']
  return [
    { name: 'an idle minute', servers, settleSeconds: quick ? 1 : 30, idleSeconds: quick ? 5 : 60, messages: 0 },
    { name: 'a message', servers, settleSeconds: quick ? 1 : 30, messages: quick ? 2 : 15 },
  ]
}

export async function measure(_name, { settleSeconds, idleSeconds, messages }) {
  const server = await startPollChat()
  const writer = createClient({ url: `http://127.0.0.1:${server.port}`, uid: 'writer' })
  const readers = []
  try {
    for (const mode of MODES) readers.push(await Reader.start(mode, server.port))
    await sleep(settleSeconds * 1000)
    for (const reader of readers) reader.startCounting()
    if (messages === 0) await sleep(idleSeconds * 1000)
    for (let i = 0; i < messages; i++) {
      await writer.send('x'.repeat(64), { room: 'lobby' })
      await sleep(2000)
    }
    const share = messages === 0 ? idleSeconds / 60 : messages
    return Object.assign({}, ...readers.map((reader) => reader.figures(messages, share)))
  } finally {
    await Promise.all(readers.map((reader) => reader.close()))
    await server.stop()
  }
}

class Reader {
  #mode
  #pipe
  #before
  #seen = 0
  #fetch = createUndiciFetch()
  #over = new AbortController()
  #following

  static async start(mode, port) {
    const reader = new Reader()
    reader.#mode = mode
    reader.#pipe = await openPipe(port)
    reader.#following = reader.#follow()
    return reader
  }

  startCounting() {
    this.#before = this.#pipe.count()
  }

  /** What was counted, by a share of it. */
  figures(messages, share) {
    if (this.#seen !== messages) throw new Error(`${this.#mode}: ${this.#seen} of ${messages} messages were seen`)
    const { bytes, requests } = this.#pipe.count()
    return {
      [`${this.#mode}Bytes`]: (bytes - this.#before.bytes) / share,
      [`${this.#mode}Requests`]: (requests - this.#before.requests) / share,
    }
  }

  async close() {
    this.#over.abort()
    await this.#following
    await this.#fetch.close()
    await this.#pipe.close()
  }

  async #follow() {
    const client = createClient({ url: `http://127.0.0.1:${this.#pipe.port}`, uid: 'reader', fetch: this.#fetch })
    const options = { mode: this.#mode, after: '0', signal: this.#over.signal }
    for await (const event of client.follow('lobby', options)) {
      if (event.type === 'batch') this.#seen += event.batch.messages.length
    }
  }
}

/** Counts what passes. */
async function openPipe(port) {
  const sockets = new Set()
  let bytes = 0
  let requests = 0
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.on('data', (chunk) => {
        bytes += chunk.length
        if (from === near && /^(GET|POST) \//.test(chunk.toString('latin1', 0, 8))) requests++
        to.write(chunk)
      })
      from.on('end', () => to.end())
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    count: () => ({ bytes, requests }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
