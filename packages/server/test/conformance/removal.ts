import { cursorAfter, type Message } from '@poll-chat/protocol'
import { expect, it } from 'vitest'
import type { Gone } from '../../src/log/contract.ts'
import { readTerms } from '../../src/log/search-words.ts'
import { appendAll, cursor, draft, numbered } from '../drafts.ts'
import type { OpenEngine } from '../engines.ts'

/** What every engine promises about deleting one message. */
export function removalConformance(open: OpenEngine): void {
  async function openWith(texts: readonly string[]) {
    const engine = await open()
    const [, , third] = await appendAll(engine.log, 'lobby', texts)
    if (!third) throw new Error('There are too few texts.')
    return { ...engine, third, left: { ...third, text: '', deleted: true } }
  }

  it('leaves a message in its place without its text, wherever it is read', async () => {
    const { log, third, left } = await openWith(numbered(5))
    const before = await log.read('lobby', { index: 0 }, 10)
    expect(await log.remove('lobby', third.index)).toEqual(left)
    const messages = before.messages.map((message) => (message.id === third.id ? left : message))
    expect(await log.read('lobby', { index: 0 }, 10)).toEqual({ messages, next: before.next })
    expect((await log.page('lobby', 10)).messages).toEqual(messages)
    expect((await log.page('lobby', 1, cursor(cursorAfter(messages[3] ?? third)))).messages).toEqual([left])
  })

  it('goes on from a message that was deleted, also when it is the newest', async () => {
    const { log, third } = await openWith(numbered(3))
    await log.remove('lobby', third.index)
    const next = cursorAfter(third)
    expect(await log.head('lobby')).toEqual(cursor(next))
    expect(await log.read('lobby', cursor(next), 10)).toEqual({ messages: [], next })
    const { message } = await log.append(draft('lobby', 'more'))
    expect(message.index).toBeGreaterThan(third.index)
    expect((await log.read('lobby', cursor(next), 10)).messages).toEqual([message])
    expect((await log.rooms(1))[0]).toMatchObject({ room: 'lobby', newest: cursorAfter(message) })
  })

  it('adds nothing for the id of a message that was deleted', async () => {
    const { log, third, left } = await openWith(numbered(3))
    await log.remove('lobby', third.index)
    for (const text of ['t3', 'another'])
      expect(await log.append(draft('lobby', text, third.id))).toEqual({ message: left, repeated: true })
    expect((await log.read('lobby', { index: 0 }, 10)).messages).toHaveLength(3)
  })

  it('answers the same when it was deleted before, and nothing where no message is', async () => {
    const { log, third, left } = await openWith(numbered(3))
    for (let round = 0; round < 2; round++) expect(await log.remove('lobby', third.index)).toEqual(left)
    expect(await log.remove('lobby', 0)).toBeUndefined()
    expect(await log.remove('lobby', third.index + 1_000)).toBeUndefined()
    expect(await log.remove('other', third.index)).toBeUndefined()
  })

  it('announces what is left before it resolves, once, and not as a new message', async () => {
    const { log, third, left } = await openWith(numbered(3))
    const heard: (Gone | Message)[] = []
    log.watch((messages) => heard.push(...messages))
    const stop = log.watchGone((gone) => heard.push(...gone))
    await log.remove('lobby', third.index)
    expect(heard).toEqual([{ type: 'deleted', message: left }])
    await log.remove('lobby', third.index)
    stop()
    await log.remove('lobby', third.index - 1)
    expect(heard).toHaveLength(1)
  })

  it('finds it no more', async () => {
    const { log, search, third } = await openWith(['needle one', 'needle two', 'needle three'])
    if (!search) return
    const find = { terms: readTerms('needle'), room: undefined, uid: undefined, before: undefined, limit: 10 }
    expect((await search.find(find)).messages).toHaveLength(3)
    await log.remove('lobby', third.index)
    expect((await search.find(find)).messages.map(({ text }) => text)).toEqual(['needle two', 'needle one'])
  })

  it('is unavailable once it is closed', async () => {
    const { log, third } = await openWith(numbered(3))
    await log.close()
    await expect(log.remove('lobby', third.index)).rejects.toMatchObject({ code: 'log-unavailable' })
  })
}
