import { type Client, ServerUnreachable } from '@poll-chat/client'
import { ChatError, cursorAfter, type Sent } from '@poll-chat/protocol'
import { afterEach, expect, it, vi } from 'vitest'
import { Outbox } from '../src/model/outbox.ts'
import { message } from './messages.ts'

const ended = new AbortController()
afterEach(() => vi.useRealTimers())

type Send = Client['send']

/** An outbox whose server answers as told, and what it was sent. */
function open(send: Send) {
  const sent: string[] = []
  const client: Pick<Client, 'send'> = {
    send: (text, options) => {
      sent.push(`${options.id}: ${text}`)
      return send(text, options)
    },
  }
  const outbox = new Outbox(client, () => undefined)
  outbox.run(ended.signal).catch((error: unknown) => expect.unreachable(String(error)))
  return { outbox, sent }
}

const accept: Send = async (text, { id = '' }): Promise<Sent> => {
  const stored = message(1, { id, text })
  return { message: stored, next: cursorAfter(stored) }
}

it('sends in order, and keeps nothing that was sent', async () => {
  const { outbox, sent } = open(accept)
  outbox.add('lobby', 'one')
  outbox.add('lobby', 'two')
  await vi.waitFor(() => expect(outbox.letters.value).toEqual([]))
  expect(sent.map((line) => line.split(': ')[1])).toEqual(['one', 'two'])
})

it('goes on trying with the same id while there is no server, and tells that it waits', async () => {
  let isDown = true
  const { outbox, sent } = open(async (text, options) => {
    if (isDown) throw new ServerUnreachable('connection refused', { mayHaveArrived: false })
    return accept(text, options)
  })
  outbox.add('lobby', 'patience')
  await vi.waitFor(() => expect(outbox.isHeldUp.value).toBe(true))
  isDown = false
  outbox.wake()
  await vi.waitFor(() => expect(outbox.letters.value).toEqual([]))
  expect(new Set(sent).size).toBe(1)
  expect(sent.length).toBeGreaterThan(1)
})

it('keeps what was refused with the reason, and sends what comes after it', async () => {
  const { outbox } = open(async (text, options) => {
    if (text === 'bad') throw new ChatError('bad-request', 'This text is not welcome.')
    return accept(text, options)
  })
  outbox.add('lobby', 'bad')
  outbox.add('lobby', 'good')
  await vi.waitFor(() =>
    expect(outbox.letters.value).toMatchObject([{ text: 'bad', failed: 'This text is not welcome.' }]),
  )
  const [letter] = outbox.letters.value
  expect(outbox.discard(letter?.id ?? '')).toBe('bad')
  expect(outbox.letters.value).toEqual([])
})

it('is there again, with the same ids, after the page was closed', async () => {
  const { outbox } = open(() => Promise.withResolvers<Sent>().promise)
  outbox.add('lobby', 'not yet')
  const [letter] = outbox.letters.value
  const { sent } = open(accept)
  await vi.waitFor(() => expect(sent).toEqual([`${letter?.id}: not yet`]))
})
