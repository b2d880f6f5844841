import { cursorAfter, type Message } from '@poll-chat/protocol'
import { expect, it, vi } from 'vitest'
import type { Engine, Gone, Log, Retention } from '../../src/log/contract.ts'
import { readTerms } from '../../src/log/search-words.ts'
import { appendAll, cursor, draft, numbered, textsOf } from '../drafts.ts'

/** `where` is the same data again. */
export type OpenRetaining = (retention: Retention, where?: string) => Promise<Engine>

const HOUR_MS = 3_600_000

const SOON = { timeout: 20_000, interval: 20 }

/** What every engine promises about messages that are no longer kept. `newPlace` where data outlive their engine. */
export function retentionConformance(open: OpenRetaining, newPlace?: () => string): void {
  it('keeps so many of the newest of each room, and all of a room that has fewer', async () => {
    const { log } = await open({ count: 3 })
    await appendAll(log, 'small', numbered(3))
    const sent = await appendAll(log, 'lobby', numbered(8))
    await isKept(log, 'lobby', sent.slice(5))
    expect(textsOf(await log.read('small', { index: 0 }, 10))).toEqual(numbered(3))
    expect((await log.page('lobby', 10)).messages).toEqual(sent.slice(5))
    expect(await log.page('lobby', 10)).toMatchObject({ trimmed: true })
    expect(await log.page('lobby', 2)).not.toHaveProperty('trimmed')
    expect(await log.page('small', 10)).not.toHaveProperty('trimmed')
  })

  it('keeps what is not older than said, and of two rules each holds', async () => {
    for (const [retention, kept] of [
      [{ ageMs: HOUR_MS, count: 4 }, 4],
      [{ ageMs: 1_000 }, 0],
      [{ ageMs: 1_000, count: 4 }, 0],
    ] as const) {
      const { log } = await open(retention)
      const sent = await appendAll(log, 'lobby', numbered(6))
      await isKept(log, 'lobby', sent.slice(6 - kept))
    }
  })

  it('tells a cursor from before the oldest message where to go on', async () => {
    const { log } = await open({ count: 3 })
    const sent = await appendAll(log, 'lobby', numbered(8))
    await isKept(log, 'lobby', sent.slice(5))
    const floor = cursorAfter(at(sent, 4))
    const trimmed = { code: 'cursor-reset', reason: 'trimmed', oldest: floor, newest: cursorAfter(at(sent, 7)) }
    for (const wire of [cursorAfter(at(sent, 0)), `${at(sent, 0).index}`, cursorAfter(at(sent, 3))]) {
      await expect(read(log, wire)).rejects.toMatchObject(trimmed)
      await expect(log.page('lobby', 10, cursor(wire))).rejects.toMatchObject(trimmed)
    }
    expect((await read(log, floor)).messages).toEqual(sent.slice(5))
    expect(await read(log, '0')).toMatchObject({ messages: sent.slice(5), trimmed: true })
    expect(await read(log, floor)).not.toHaveProperty('trimmed')
  })

  it('goes on from the last message that is gone: nothing was missed', async () => {
    const { log } = await open({ count: 3 })
    const sent = await appendAll(log, 'lobby', numbered(8))
    await isKept(log, 'lobby', sent.slice(5))
    for (const wire of [cursorAfter(at(sent, 4)), `${at(sent, 4).index}`])
      expect((await read(log, wire)).messages).toEqual(sent.slice(5))
    await expect(read(log, `${at(sent, 4).index}~00000000`)).rejects.toMatchObject({ reason: 'diverged' })
  })

  it('uses no index again when all is gone, and knows its end', async () => {
    const where = newPlace?.()
    let engine = await open({ ageMs: 1_000 }, where)
    const sent = await appendAll(engine.log, 'lobby', numbered(5))
    const end = cursorAfter(at(sent, 4))
    await isKept(engine.log, 'lobby', [])
    if (where) {
      await engine.log.close()
      engine = await open({ ageMs: HOUR_MS }, where)
    }
    const { log } = engine
    expect(await log.head('lobby')).toEqual(cursor(end))
    expect(await log.rooms(10)).toEqual([])
    expect(await log.page('lobby', 10)).toEqual({ messages: [], next: end, trimmed: true })
    expect(await read(log, '0')).toEqual({ messages: [], next: end, trimmed: true })
    expect(await read(log, end)).toEqual({ messages: [], next: end })
    await expect(read(log, cursorAfter(at(sent, 3)))).rejects.toMatchObject({ reason: 'trimmed', oldest: end })
    await expect(read(log, `${at(sent, 4).index + 1}`)).rejects.toMatchObject({ reason: 'ahead', newest: end })
    const { message } = await log.append(draft('lobby', 'new'))
    expect(message.index).toBeGreaterThan(at(sent, 4).index)
    expect((await read(log, end)).messages).toEqual([message])
  })

  it('adds nothing for the id of a message that is just gone, also after a restart', async () => {
    const where = newPlace?.()
    let engine = await open({ count: 2 }, where)
    const sent = await appendAll(engine.log, 'lobby', numbered(6))
    await isKept(engine.log, 'lobby', sent.slice(4))
    if (where) {
      await engine.log.close()
      engine = await open({ count: 2 }, where)
    }
    const { log } = engine
    for (const message of sent.slice(0, 4)) {
      const left = { ...message, text: '', deleted: true }
      expect(await log.append(draft('lobby', message.text, message.id))).toEqual({ message: left, repeated: true })
    }
    expect(textsOf(await read(log, '0'))).toEqual(['t5', 't6'])
    expect((await log.append(draft('other', 't1', at(sent, 0).id))).repeated).toBe(false)
  })

  it('announces up to where all is gone, to those who watch', async () => {
    const { log } = await open({ count: 2 })
    const heard: Gone[] = []
    log.watchGone((gone) => heard.push(...gone))
    const sent = await appendAll(log, 'lobby', numbered(5))
    await vi.waitUntil(() => heard.some((one) => one.type === 'trimmed' && one.upTo === at(sent, 2).index), SOON)
    for (const one of heard) expect(one).toEqual({ type: 'trimmed', room: 'lobby', upTo: expect.any(Number) })
  })

  it('finds and removes no more what is gone', async () => {
    const { log, search } = await open({ count: 2 })
    const sent = await appendAll(log, 'lobby', numbered(4))
    await isKept(log, 'lobby', sent.slice(2))
    expect(await log.remove('lobby', at(sent, 1).index)).toBeUndefined()
    expect(await log.remove('lobby', at(sent, 3).index)).toMatchObject({ deleted: true })
    if (!search) return
    const find = { terms: readTerms('t'), room: undefined, uid: undefined, before: undefined, limit: 10 }
    expect((await search.find(find)).messages.map(({ text }) => text)).toEqual(['t3'])
  })

  it('loses nothing of what is appended and read meanwhile: who goes on sees every message or is told', async () => {
    const { log } = await open({ count: 50 })
    const total = 3_000
    let isDone = false
    const writer = (async () => {
      for (let i = 0; i < total; i += 20)
        await Promise.all(numbered(20).map((_, j) => log.append(draft('lobby', `${i + j}`))))
      isDone = true
    })()
    const seen: Message[] = []
    let told = 0
    for (let place = '0'; ; ) {
      const before: number = cursor(place).index
      try {
        const batch = await read(log, place)
        const first = batch.messages[0]
        // No hole that nobody was told of: indexes are dense where retention is the engine's own.
        if (first && !batch.trimmed) expect(first.index).toBe(before + 1)
        batch.messages.slice(1).forEach((message, i) => {
          expect(message.index).toBe((batch.messages[i]?.index ?? 0) + 1)
        })
        seen.push(...batch.messages)
        place = batch.next
        if (batch.messages.length === 0) {
          if (isDone) break
          await new Promise(setImmediate)
        }
      } catch (error) {
        expect(error).toMatchObject({ reason: 'trimmed' })
        told++
        place = Object(error).oldest
      }
    }
    await writer
    expect(seen.at(-1)?.index).toBe(total)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
    if (told === 0) expect(seen).toHaveLength(total)
    await vi.waitUntil(async () => (await read(log, '0')).messages.length === 50, SOON)
  })
}

async function isKept(log: Log, room: string, kept: readonly Message[]): Promise<void> {
  await vi.waitUntil(async () => (await log.read(room, { index: 0 }, 10)).messages.length === kept.length, SOON)
  expect((await log.read(room, { index: 0 }, 10)).messages).toEqual(kept)
}

/** A rejection in any case, also where the tail throws at once. */
async function read(log: Log, wire: string) {
  return log.read('lobby', cursor(wire), 100)
}

function at(messages: readonly Message[], place: number): Message {
  const message = messages[place]
  if (!message) throw new Error(`There is no message ${place}.`)
  return message
}
