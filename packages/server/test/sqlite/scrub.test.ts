/** What the operator deletes is not in the file any more: neither in a page, nor in the write-ahead log, nor in the index. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { openSqlite } from '../../src/engines/sqlite.ts'
import { readTerms } from '../../src/log/search-words.ts'
import { draft } from '../drafts.ts'
import { forTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const MESSAGES = 3_000

it('a deleted text, short or long, leaves every file of the log within moments, and the others stay', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder()
  const { log, search } = await forTest(await openSqlite(join(folder, 'chat.db')))
  // Words that are in one message alone; every tenth text is longer than a page.
  const word = (number: number) => `xq${(number * 7_919).toString(36)}zz`
  const text = (number: number) => `${word(number)} ${'filler '.repeat(number % 10 === 0 ? 1_500 : 5)} ${word(number)}`
  const appends = Array.from({ length: MESSAGES }, (_, i) => log.append(draft(i % 2 ? 'odd' : 'even', text(i))))
  const appended = await Promise.all(appends)
  const find = { terms: readTerms(word(1_234)), room: undefined, uid: undefined, before: undefined, limit: 10 }
  await vi.waitUntil(async () => (await search?.find(find))?.messages.length === 1, { timeout: 20_000 })

  const isThere = (number: number) =>
    readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(word(number).slice(1)))
  const deleted = [10, 11, 1_234, 2_000, MESSAGES - 1]
  expect(deleted.map(isThere)).toEqual(deleted.map(() => true))
  for (const number of deleted) {
    const { room, index } = appended[number]?.message ?? { room: '', index: 0 }
    await log.remove(room, index)
  }
  await vi.waitUntil(() => !deleted.some(isThere), { timeout: 20_000, interval: 100 })
  expect([9, 12, 2_001].map(isThere)).toEqual([true, true, true])
})

it('a server that ends right after a deletion leaves the rest of it to the next', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'chat.db')
  const word = 'xqunmistakablezz'
  const first = await forTest(await openSqlite(path))
  const { message } = await first.log.append(draft('lobby', word))
  await first.log.append(draft('lobby', 'another'))
  const find = { terms: readTerms(word), room: undefined, uid: undefined, before: undefined, limit: 10 }
  await vi.waitUntil(async () => (await first.search?.find(find))?.messages.length === 1, { timeout: 20_000 })
  await first.log.remove('lobby', message.index)
  await first.log.close()

  await forTest(await openSqlite(path))
  const isThere = () => readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(word))
  await vi.waitUntil(() => !isThere(), { timeout: 20_000, interval: 100 })
})
