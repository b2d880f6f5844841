/** One log thread, several others that ask it through ports of their own. */
import { join } from 'node:path'
import type { Message } from '@poll-chat/protocol'
import { expect, it } from 'vitest'
import { openShared } from '../../src/engines/sqlite.ts'
import type { Engine } from '../../src/log/contract.ts'
import { draft, numbered, textsOf } from '../drafts.ts'
import { forTest, openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { committedTransactions } from './wal.ts'

async function open() {
  const path = join(temporaryFolder(), 'chat.db')
  const engine = await openForTest(`sqlite:${path}`)
  const others = await Promise.all([1, 2].map(() => forTest(share(engine))))
  return { path, engines: [engine, ...others] }
}

function share({ share }: Engine): Engine {
  if (!share) throw new Error('This engine cannot be shared.')
  return openShared(share())
}

it('all hear of every message, in one order, whoever appended it', async () => {
  const { engines } = await open()
  const heard = engines.map(({ log }) => {
    const messages: Message[] = []
    log.watch((appended) => messages.push(...appended))
    return messages
  })
  await Promise.all(
    engines.flatMap(({ log }, place) =>
      numbered(200).map(async (text, i) => {
        if (i % 3 === place) await new Promise(setImmediate)
        await log.append(draft(i % 2 ? 'odd' : 'even', `${place} ${text}`))
      }),
    ),
  )
  // Announced before it is acknowledged to its sender; the others may still have it before them.
  await Promise.all(engines.map(({ store }) => store.get('')))
  for (const messages of heard) expect(messages).toEqual(heard[0])
  expect(heard[0]).toHaveLength(600)
  for (const room of ['odd', 'even']) {
    const indexes = heard[0]?.filter((message) => message.room === room).map(({ index }) => index)
    expect(indexes).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  }
})

it('all hear of a message that is deleted', async () => {
  const { engines } = await open()
  const heard = engines.map(({ log }) => {
    const indexes: number[] = []
    log.watchGone((gone) => indexes.push(...gone.map((one) => (one.type === 'deleted' ? one.message.index : 0))))
    return indexes
  })
  const [one, other] = engines
  await one?.log.append(draft('lobby', 'x'))
  await other?.log.remove('lobby', 1)
  await Promise.all(engines.map(({ store }) => store.get('')))
  expect(heard).toEqual([[1], [1], [1]])
})

it('a message is announced to its sender’s thread before it is acknowledged', async () => {
  const { engines } = await open()
  for (const { log } of engines) {
    const texts: string[] = []
    log.watch((appended) => texts.push(...textsOf({ messages: appended })))
    for (const text of numbered(20)) {
      await log.append(draft('lobby', text))
      expect(texts.at(-1)).toBe(text)
    }
  }
})

it('what several threads append together is written in few transactions', async () => {
  const { path, engines } = await open()
  await Promise.all(engines.map(({ log }) => log.append(draft('lobby', 'first'))))
  const before = committedTransactions(path)
  await Promise.all(engines.flatMap(({ log }) => numbered(200).map((text) => log.append(draft('lobby', text)))))
  expect(committedTransactions(path) - before).toBeLessThanOrEqual(12) // of 600 messages; the index adds some of its own
})

it('the same id from two threads at once is one message', async () => {
  const { engines } = await open()
  for (let round = 0; round < 20; round++) {
    const appended = await Promise.all(engines.map(({ log }) => log.append(draft('lobby', 'x', `id-${round}`))))
    expect(new Set(appended.map(({ message }) => message.index)).size).toBe(1)
    expect(appended.filter(({ repeated }) => !repeated)).toHaveLength(1)
  }
})

it('closing one finishes what it was asked, and leaves the others open', async () => {
  const { engines } = await open()
  const [first, second, third] = engines
  const appended = Promise.all(numbered(50).map((text) => second?.log.append(draft('lobby', text))))
  const put = second?.store.put('key', 'value')
  await second?.log.close()
  expect(await appended).toHaveLength(50)
  await put
  expect((await third?.store.get('key'))?.value).toBe('value')
  expect((await first?.log.head('lobby'))?.index).toBe(50)
  await third?.log.append(draft('lobby', 'more'))
  await expect(second?.log.append(draft('lobby', 'late'))).rejects.toMatchObject({ code: 'log-unavailable' })
})

it('when the log closes, what is asked through any port fails instead of hanging', async () => {
  const { engines } = await open()
  const [first, second] = engines
  await first?.log.close()
  await expect(second?.log.head('lobby')).rejects.toMatchObject({ code: 'log-unavailable' })
})
