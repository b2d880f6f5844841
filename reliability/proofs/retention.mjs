import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { createUndiciFetch } from '@poll-chat/client/undici'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'

export const title = 'the oldest messages taken away under constant writes: readers of every kind see all, or are told'
export const options = { messages: 50_000, kept: 100 }

const ROOM = 'lobby'
const WRITERS = 16
/** Longest pause of a reader that cannot keep up, in milliseconds; when nothing comes any more, it makes none. */
const SLOW_MS = 400

const READERS = [
  ['polling', { mode: 'poll', intervalMs: 50 }],
  ['long polling', { mode: 'long' }],
  ['an inbox', { mode: 'long', inbox: true }],
  ['events', { mode: 'sse' }],
  ['a socket', { mode: 'ws' }],
]

export async function prove(figures, { messages, kept }) {
  const server = await ServerProcess.start({ args: ['--retain', `1h,${kept}`, '--threads', '2', '--limits', 'off'] })
  const fetch = createUndiciFetch()
  const ended = new AbortController()
  const writing = { isOver: false }
  try {
    const readers = []
    for (const [kind, how] of READERS)
      for (const isSlow of [false, true])
        readers.push(await follow(server.url, { kind, how, isSlow, messages, ended, writing }))

    const startedAt = performance.now()
    await write(fetch, server.url, messages)
    figures.note('messages sent', messages)
    figures.note('sent in a second', messages / ((performance.now() - startedAt) / 1_000))
    writing.isOver = true
    await Promise.race([Promise.all(readers.map(({ done }) => done)), pause(60_000)])

    for (const { name, seen } of readers) {
      figures.note(`${name}: seen`, seen.count)
      figures.note(`${name}: times told that some are gone`, seen.told)
      figures.exactly(`${name}: missed without being told`, seen.silent, 0)
      figures.exactly(`${name}: shown twice or out of order`, seen.disordered, 0)
      figures.exactly(`${name}: newest seen`, seen.last, messages)
    }
    // Of use only if some were really too slow.
    figures.atLeast(
      'times told in all',
      readers.reduce((sum, { seen }) => sum + seen.told, 0),
      1,
    )
    await pause(2_000)
    const { messages: left } = await createClient({ url: server.url }).history(ROOM, { limit: 500 })
    figures.exactly('messages kept in the end', left.length, Math.min(kept, 500))
  } finally {
    ended.abort()
    await fetch.close()
    await server.dispose()
  }
}

/** Indexes are dense in this engine: one that is missing was missed. */
async function follow(url, { kind, how, isSlow, messages, ended, writing }) {
  const name = isSlow ? `${kind}, slow` : kind
  const uid = name.replace(/\W+/g, '-')
  const client = createClient({ url, uid })
  if (how.inbox) await client.inbox(ROOM)
  const seen = { count: 0, told: 0, silent: 0, disordered: 0, last: 0 }
  let isTold = false
  const done = (async () => {
    for await (const event of client.follow(ROOM, {
      ...how,
      after: how.inbox ? undefined : '0',
      signal: ended.signal,
    })) {
      if (event.type === 'reset') {
        seen.told++
        isTold = true
      }
      if (event.type !== 'batch') continue
      for (const { index } of event.batch.messages) {
        if (index <= seen.last) seen.disordered++
        else if (index > seen.last + 1 && !isTold) seen.silent += index - seen.last - 1
        isTold = false
        seen.last = index
        seen.count++
      }
      if (seen.last === messages) return
      if (isSlow && !writing.isOver) await pause(Math.random() * SLOW_MS)
    }
  })()
  return { name, seen, done }
}

async function write(fetch, url, messages) {
  let next = 0
  const writer = async () => {
    while (next < messages) {
      const number = next++
      const body = JSON.stringify({ id: `retention-${number}`, uid: 'ada', text: `message ${number}` })
      const response = await fetch(`${url}/v1/rooms/${ROOM}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(30_000),
      })
      await response.text()
      if (response.status !== 201) throw new Error(`A send was answered with ${response.status}.`)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
}
