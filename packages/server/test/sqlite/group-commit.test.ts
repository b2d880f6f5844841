import { join } from 'node:path'
import { expect, it } from 'vitest'
import { appendAll, draft, messagesOf, numbered, textsOf } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { committedTransactions, indexed } from './wal.ts'

it('commits what arrives together as one transaction', async () => {
  const path = join(temporaryFolder(), 'chat.db')
  const { log, search } = await openForTest(`sqlite:${path}`)
  await log.append(draft('lobby', 'first'))
  await indexed(search)
  const before = committedTransactions(path)
  const appended = await Promise.all(numbered(300).map((text) => log.append(draft('lobby', text))))
  expect(committedTransactions(path) - before).toBeLessThanOrEqual(3) // the index's own, on a busy machine
  expect(textsOf({ messages: messagesOf(appended) })).toEqual(numbered(300))
})

it('has written each message of its own before it is acknowledged', async () => {
  const path = join(temporaryFolder(), 'chat.db')
  const { log, search } = await openForTest(`sqlite:${path}`)
  await log.append(draft('lobby', 'first'))
  await indexed(search)
  const before = committedTransactions(path)
  for (let count = 1; count <= 5; count++) {
    await appendAll(log, 'lobby', ['next'])
    expect(committedTransactions(path) - before).toBeGreaterThanOrEqual(count)
  }
})

it('writes nothing for reads and for messages that are there', async () => {
  const path = join(temporaryFolder(), 'chat.db')
  const { log, store, search } = await openForTest(`sqlite:${path}`)
  await log.append(draft('lobby', 'x', 'same'))
  await indexed(search)
  const before = committedTransactions(path)
  await Promise.all([log.page('lobby', 10), log.head('lobby'), log.rooms(10), store.get('k'), store.list('')])
  await log.append(draft('lobby', 'x', 'same'))
  expect(committedTransactions(path)).toBe(before)
})

it('refuses more appends than it may hold, and stores those it took', async () => {
  const { log } = await openForTest(`sqlite:${join(temporaryFolder(), 'chat.db')}`)
  const appended = await Promise.allSettled(numbered(10_005).map((text) => log.append(draft('lobby', text))))
  const refused = appended.filter((result) => result.status === 'rejected')
  expect(refused).toHaveLength(5)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'log-unavailable', retryAfterMs: 1000 })
  expect((await log.head('lobby')).index).toBe(10_000)
})
