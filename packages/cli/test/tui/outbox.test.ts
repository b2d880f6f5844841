import type { Client } from '@poll-chat/client'
import { ChatError, type Sent } from '@poll-chat/protocol'
import { expect, it, onTestFinished, vi } from 'vitest'
import { ChatStore } from '../../src/tui/chat-store.ts'
import { Outbox } from '../../src/tui/outbox.ts'
import { themeFor } from '../../src/tui/theme.ts'
import { FakeRoom } from './fixture/fake-client.ts'

type Answer = 'ok' | 'lost' | 'refused' | 'never'

/** An outbox whose sends end as told, `ok` when nothing is told. `tried` are the texts as they were tried. */
function open(...answers: Answer[]) {
  const room = new FakeRoom()
  const over = new AbortController()
  const store = new ChatStore({
    where: { room: 'lobby', uid: 'alice', host: 'here', mode: 'long' },
    size: { columns: 80, rows: 20 },
    theme: themeFor({}),
  })
  const tried: { text: string; id: string | undefined }[] = []
  const client: Client = {
    ...room.client('alice', 0),
    send: async (text, { id, signal }): Promise<Sent> => {
      tried.push({ text, id })
      const answer = answers.shift() ?? 'ok'
      if (answer === 'lost') throw new Error('connection refused')
      if (answer === 'refused') throw new ChatError('bad-request', 'not welcome')
      if (answer === 'never') {
        const never = Promise.withResolvers<Sent>()
        signal?.addEventListener('abort', () => never.reject(signal.reason))
        return never.promise
      }
      return { message: room.say('alice', text, id), next: '1' }
    },
  }
  const outbox = new Outbox(client, 'lobby', store)
  const running = outbox.run(over.signal)
  onTestFinished(async () => {
    over.abort()
    store.close()
    await running
  })
  const shown = () => store.transcript.items.map((item) => `${item.kind} ${'text' in item ? item.text : ''}`)
  return { outbox, room, tried, shown, texts: () => tried.map(({ text }) => text) }
}

it('sends in order, one after another', async () => {
  const { outbox, texts, shown } = open()
  for (const text of ['one', 'two', 'three']) outbox.submit(text)
  expect(shown()).toEqual(['local one', 'local two', 'local three'])
  await outbox.idle()
  expect(texts()).toEqual(['one', 'two', 'three'])
  expect(shown()).toEqual(['message one', 'message two', 'message three'])
  expect(outbox.unsent()).toEqual([])
})

it('tries again with the same id when the server is back, before what came later', async () => {
  const { outbox, tried, texts } = open('lost', 'lost')
  outbox.submit('one')
  outbox.submit('two')
  await vi.waitFor(() => expect(tried).toHaveLength(1))
  expect(outbox.unsent()).toEqual(['one', 'two'])
  for (let tries = 2; tries <= 4; tries++) {
    outbox.wake()
    await vi.waitFor(() => expect(tried.length).toBeGreaterThanOrEqual(tries))
  }
  await outbox.idle()
  expect(texts()).toEqual(['one', 'one', 'one', 'two'])
  expect(new Set(tried.map(({ id }) => id)).size).toBe(2)
})

it('goes on after a refusal, and keeps the text', async () => {
  const { outbox, shown, texts } = open('refused')
  outbox.submit('bad')
  outbox.submit('good')
  await outbox.idle()
  expect(shown()).toEqual(['message good', 'local bad'])
  expect(outbox.unsent()).toEqual(['bad'])
  expect(outbox.retry()).toBe(1)
  await outbox.idle()
  expect(texts()).toEqual(['bad', 'good', 'bad'])
  expect(outbox.unsent()).toEqual([])
})

it('gives a refused text back', async () => {
  const { outbox, shown } = open('refused')
  outbox.submit('bad')
  await outbox.idle()
  expect(outbox.takeBack()).toBe('bad')
  expect(outbox.takeBack()).toBeUndefined()
  expect(shown()).toEqual([])
})

it('waits no longer for an answer when the message itself has come', async () => {
  const { outbox, room, tried, texts } = open('never')
  outbox.submit('one')
  outbox.submit('two')
  await vi.waitFor(() => expect(tried).toHaveLength(1))
  outbox.acknowledge([room.say('alice', 'one', tried[0]?.id)])
  await outbox.idle()
  expect(texts()).toEqual(['one', 'two'])
})
