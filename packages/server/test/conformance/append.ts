import { checkOf, MAX_TEXT_BYTES, type Message } from '@poll-chat/protocol'
import { expect, it } from 'vitest'
import { appendAll, draft, messagesOf, numbered, textsOf } from '../drafts.ts'
import type { OpenEngine } from '../engines.ts'

/** What every engine promises about appending, announcing and closing. */
export function appendConformance(open: OpenEngine): void {
  it('gives messages growing indexes and keeps what was sent', async () => {
    const { log } = await open()
    const before = Date.now()
    const { message, repeated } = await log.append(draft('lobby', 'hello', 'id-1', 'bob'))
    expect(repeated).toBe(false)
    expect(message).toEqual({
      index: expect.any(Number),
      id: 'id-1',
      room: 'lobby',
      from: { uid: 'bob', verified: false },
      text: 'hello',
      at: new Date(message.at).toISOString(),
    })
    expect(Date.parse(message.at)).toBeGreaterThanOrEqual(before)
    const second = await log.append(draft('lobby', 'again'))
    expect(second.message.index).toBeGreaterThan(message.index)
    expect(await log.read('lobby', { index: 0 }, 10)).toMatchObject({ messages: [message, second.message] })
  })

  it('keeps that a sender was verified', async () => {
    const { log } = await open()
    await log.append({ ...draft('lobby', 'x'), from: { uid: 'bob', verified: true } })
    const { messages } = await log.read('lobby', { index: 0 }, 1)
    expect(messages[0]?.from).toEqual({ uid: 'bob', verified: true })
  })

  it('adds nothing for an id that is there already, and returns what is stored', async () => {
    const { log } = await open()
    const first = await log.append(draft('lobby', 'one', 'same', 'alice'))
    const again = await log.append(draft('lobby', 'another', 'same', 'mallory'))
    expect(again).toEqual({ message: first.message, repeated: true })
    expect(textsOf(await log.read('lobby', { index: 0 }, 10))).toEqual(['one'])
  })

  it('makes one message of the same id sent many times at once', async () => {
    const { log } = await open()
    const appended = await Promise.all(Array.from({ length: 20 }, () => log.append(draft('lobby', 'x', 'same'))))
    expect(appended.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(new Set(messagesOf(appended).map(({ index }) => index)).size).toBe(1)
    expect((await log.read('lobby', { index: 0 }, 10)).messages).toHaveLength(1)
  })

  it('keeps rooms apart: the same id is another message in another room', async () => {
    const { log } = await open()
    const a = await log.append(draft('a', 'in a', 'same'))
    const b = await log.append(draft('b', 'in b', 'same'))
    expect([a.repeated, b.repeated]).toEqual([false, false])
    expect(textsOf(await log.read('a', { index: 0 }, 10))).toEqual(['in a'])
    expect(textsOf(await log.read('b', { index: 0 }, 10))).toEqual(['in b'])
    await log.append(draft('a', 'more in a'))
    expect(await log.head('b')).toEqual({ index: b.message.index, check: checkOf('same') })
  })

  it('returns texts unharmed', async () => {
    const { log } = await open()
    const texts = [
      'a\u0000b',
      '👩‍👩‍👧 é e\u0301',
      '\u001b[31m',
      `"'\\; DROP`,
      'x'.repeat(MAX_TEXT_BYTES),
      '\ufeffbom',
      '\r\n',
    ]
    await appendAll(log, 'räum', texts)
    expect(textsOf(await log.read('räum', { index: 0 }, 10))).toEqual(texts)
    expect(textsOf(await log.page('räum', 10))).toEqual(texts)
  })

  it('announces a message before its append resolves', async () => {
    const { log } = await open()
    const events: string[] = []
    log.watch((messages) => events.push(...messages.map(({ text }) => `announced ${text}`)))
    await log.append(draft('lobby', 'x')).then(() => events.push('resolved'))
    expect(events).toEqual(['announced x', 'resolved'])
  })

  it('has what it announces: a listener that reads finds it', async () => {
    const { log } = await open()
    await log.read('lobby', { index: 0 }, 1)
    const found = Promise.withResolvers<string[]>()
    log.watch(async () => found.resolve(textsOf(await log.read('lobby', { index: 0 }, 1))))
    await log.append(draft('lobby', 'x'))
    expect(await found.promise).toEqual(['x'])
  })

  it('announces every message once, each room in index order, to every listener', async () => {
    const { log } = await open()
    const heard: Message[][] = [[], []]
    for (const list of heard) log.watch((messages) => list.push(...messages))
    const rooms = ['a', 'b', 'c']
    const appended = await Promise.all(
      numbered(200).map((text, i) => log.append(draft(rooms[i % 3] ?? '', text, `id-${i % 190}`))),
    )
    const fresh = messagesOf(appended.filter(({ repeated }) => !repeated))
    for (const list of heard) {
      expect(list).toHaveLength(fresh.length)
      for (const room of rooms) {
        const inRoom = list.filter((message) => message.room === room)
        expect(inRoom).toEqual((await log.read(room, { index: 0 }, 500)).messages)
      }
    }
  })

  it('announces nothing from before the watch, nor after its end', async () => {
    const { log } = await open()
    await log.append(draft('lobby', 'before'))
    const heard: string[] = []
    const stop = log.watch((messages) => heard.push(...textsOf({ messages })))
    await log.append(draft('lobby', 'meanwhile'))
    stop()
    await log.append(draft('lobby', 'after'))
    expect(heard).toEqual(['meanwhile'])
  })

  it('stores and announces what was accepted before it closes', async () => {
    const { log } = await open()
    const heard: string[] = []
    log.watch((messages) => heard.push(...textsOf({ messages })))
    const accepted = numbered(10).map((text) => log.append(draft('lobby', text)))
    await log.close()
    expect(textsOf({ messages: messagesOf(await Promise.all(accepted)) })).toEqual(numbered(10))
    expect(heard).toEqual(numbered(10))
  })

  it('is unavailable once it is closed', async () => {
    const { log, store } = await open()
    await log.append(draft('lobby', 'x'))
    await log.close()
    const unavailable = { name: 'ChatError', code: 'log-unavailable' }
    await expect(log.append(draft('lobby', 'y'))).rejects.toMatchObject(unavailable)
    await expect((async () => log.read('lobby', { index: 0 }, 1))()).rejects.toMatchObject(unavailable)
    await expect(log.page('lobby', 1)).rejects.toMatchObject(unavailable)
    await expect(log.head('lobby')).rejects.toMatchObject(unavailable)
    await expect(log.rooms(1)).rejects.toMatchObject(unavailable)
    await expect(store.put('k', 'v')).rejects.toMatchObject(unavailable)
    await expect(store.get('k')).rejects.toMatchObject(unavailable)
  })
}
