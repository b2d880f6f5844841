/** Readers whose place is no longer kept, whichever way they read: each is told, and goes on. */
import { cursorAfter } from '@poll-chat/protocol'
import { expect, it } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { chatApp } from '../chat-app.ts'
import { appendAll, numbered } from '../drafts.ts'
import { batch, problem } from '../http.ts'

const INBOX = '/v1/rooms/lobby/inbox?uid=alice'

/** Alice has read the first two of ten, of which three are kept. Bob opened his inbox before the first. */
async function app() {
  const parts = chatApp({ engine: openMemory({ retention: { count: 3 } }) })
  const { log, ask } = parts
  await ask('/lang/?uid=bob')
  const first = await appendAll(log, 'lobby', numbered(2))
  await ask(INBOX)
  const sent = [...first, ...(await appendAll(log, 'lobby', numbered(8)))]
  const cursors = sent.map((message) => cursorAfter(message))
  const reset = { reason: 'trimmed', oldest: cursors[6], newest: cursors[9] }
  return { ...parts, kept: sent.slice(7), cursors, reset }
}

it('a poll and a page of history are refused, with where to go on', async () => {
  const { ask, kept, cursors, reset } = await app()
  for (const query of [`after=${cursors[1]}`, 'after=2', 'after=2&wait=5', `before=${cursors[1]}`]) {
    const refused = await problem(ask(`/v1/rooms/lobby/messages?${query}`))
    expect(refused, query).toMatchObject({ status: 410, code: 'cursor-reset', ...reset })
  }
  const { messages } = await batch(ask, `/v1/rooms/lobby/messages?after=${reset.oldest}`)
  expect(messages).toEqual(kept)
})

it('what is read from the beginning says that it is not the beginning any more', async () => {
  const { ask } = await app()
  const read = async (query: string) => (await (await ask(`/v1/rooms/lobby/messages?${query}`)).json()).trimmed
  expect(await read('after=0')).toBe(true)
  expect(await read('limit=3')).toBe(true)
  expect(await read('limit=2')).toBeUndefined()
})

it('an inbox is refused until it is acknowledged from where to go on', async () => {
  const { ask, kept, reset } = await app()
  for (let round = 0; round < 2; round++) expect(await problem(ask(INBOX))).toMatchObject(reset)
  expect((await batch(ask, `${INBOX}&ack=${reset.oldest}`)).messages).toEqual(kept)
  expect((await batch(ask, INBOX)).messages).toEqual(kept)
})

it('a sync says it of the room alone', async () => {
  const { ask, log, reset } = await app()
  await appendAll(log, 'tea', ['x'])
  const answer = await (await ask('/v1/sync?after=lobby@2,tea@0')).json()
  expect(answer.rooms).toMatchObject([
    { room: 'lobby', reset },
    { room: 'tea', batch: { messages: [{ text: 'x' }] } },
  ])
  expect(answer.next).toContain(`lobby@${reset.oldest}`)
})

it('a stream says it, and goes on', async () => {
  const { ask, kept, reset } = await app()
  const answer = await ask('/v1/rooms/lobby/events?after=2')
  const reader = answer.body?.getReader()
  let text = ''
  while (!text.includes(kept[2]?.id ?? '')) text += new TextDecoder().decode((await reader?.read())?.value)
  await reader?.cancel()
  expect(text).toContain(`\ndata: ${JSON.stringify(reset)}\n`)
  expect(text.indexOf('event: reset')).toBeLessThan(text.indexOf('event: batch'))
})

it('the classic reads go on from the oldest message that is kept', async () => {
  const { ask } = await app()
  expect(await (await ask('/get/msg?index=2')).json()).toMatchObject({ data: ['t6', 't7', 't8'], index: 10 })
  for (const uid of ['alice', 'bob']) {
    const next = async () => (await ask(`/get/message?uid=${uid}`)).json()
    expect(await next()).toMatchObject({ status: true, data: 't6', trimmed: true })
    const second = await next()
    expect(second).toMatchObject({ data: 't7' })
    expect(second).not.toHaveProperty('trimmed')
  }
})
