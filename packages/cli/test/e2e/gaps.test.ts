/** A message that is sent between two long polls is the answer to the next one, at once. */

import { type Client, createClient } from '@poll-chat/client'
import { createUndiciFetch } from '@poll-chat/client/undici'
import { cursorAfter, type Message } from '@poll-chat/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seeded } from './fixture/random.ts'
import { ServerProcess } from './fixture/server-process.ts'

const GAPS = 1_000

/** What every poll would wait if it missed its message, in seconds. */
const WAIT_SECONDS = 20

let server: ServerProcess
let fetch: ReturnType<typeof createUndiciFetch>
let writer: Client

beforeEach(async () => {
  server = await ServerProcess.start()
  fetch = createUndiciFetch()
  writer = createClient({ url: server.url, uid: 'ada', fetch })
})

afterEach(async () => {
  await server.dispose()
  await fetch.close()
})

const POLLS = {
  cursor: (cursor: string) => `messages?after=${cursor}`,
  inbox: (cursor: string) => `inbox?uid=bob&ack=${cursor}`,
}

describe.each(['cursor', 'inbox'] as const)('long polls by %s', (kind) => {
  async function poll(cursor: string): Promise<readonly Message[]> {
    const path = `/v1/rooms/lobby/${POLLS[kind](cursor)}&wait=${WAIT_SECONDS}`
    const { status, text } = await fetch(`${server.url}${path}`, {
      method: 'GET',
      headers: {},
      signal: AbortSignal.timeout(WAIT_SECONDS * 2_000),
    })
    const body = await text()
    expect(status, body).toBe(200)
    return JSON.parse(body).messages
  }

  test(`${GAPS} gaps, and none takes the wait`, { timeout: 180_000 }, async () => {
    const random = seeded(kind.length)
    const first = await writer.send('0', { room: 'lobby' })
    let cursor = first.next
    let roundTripMs = 5
    const send = async (text: string) => {
      const sentAt = performance.now()
      const { message } = await writer.send(text, { room: 'lobby' })
      roundTripMs = performance.now() - sentAt
      return message
    }
    for (let gap = 1; gap <= GAPS; gap++) {
      // Every second poll comes when the message is stored. The others come at any moment before or after the send, also
      // when it is just being announced.
      const offsetMs = (random.next() * 2 - 1) * roundTripMs
      let sent: Promise<Message>
      let polled: Promise<readonly Message[]>
      if (gap % 2 === 0) {
        sent = Promise.resolve(await send(`${gap}`))
        polled = poll(cursor)
      } else if (offsetMs > 0) {
        sent = send(`${gap}`)
        await spin(offsetMs)
        polled = poll(cursor)
      } else {
        polled = poll(cursor)
        await spin(-offsetMs)
        sent = send(`${gap}`)
      }
      const messages = await polled
      expect(messages).toEqual([await sent])
      cursor = messages.map(cursorAfter).at(-1) ?? cursor
    }
  })
})

/** Timers are too coarse for this. */
async function spin(ms: number): Promise<void> {
  const endsAt = performance.now() + ms
  while (performance.now() < endsAt) await new Promise((resolve) => setImmediate(resolve))
}
