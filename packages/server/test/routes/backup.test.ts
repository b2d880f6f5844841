import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkBackup } from '../../src/engines/check-backup.ts'
import { chatApp } from '../chat-app.ts'
import { draft, messagesOf, numbered } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import { problem, refusal, sent } from '../http.ts'
import { connection, serving } from '../sockets/serving.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const ADMIN = { Authorization: 'Bearer admin-key' }
const POST = { method: 'POST', headers: ADMIN }

it('is for the admin key alone', async () => {
  const folder = temporaryFolder()
  const { ask } = await serving({ engine: `sqlite:${join(folder, 'chat.db')}`, adminKey: 'admin-key', key: 'key' })
  expect(await refusal(ask('/v1/backup', { method: 'POST' }))).toBe('401 key-required')
  expect(await refusal(ask('/v1/backup', { method: 'POST', headers: { Authorization: 'Bearer key' } }))).toBe(
    '403 admin-only',
  )
  expect((await ask('/v1/backup', POST)).status).toBe(200)
})

it.each([1, 3])('is a whole database from which a server goes on, of a server with %i threads', async (threads) => {
  const folder = temporaryFolder()
  const { ask } = await serving({ engine: `sqlite:${join(folder, 'chat.db')}`, adminKey: 'admin-key', threads })
  const messages = []
  for (const text of numbered(20)) messages.push((await sent(ask, 'lobby', text)).message)
  const response = await ask('/v1/backup', POST)
  expect(response.headers.get('content-type')).toBe('application/vnd.sqlite3')
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(response.headers.get('content-length')).toBe(`${bytes.length}`)
  const copy = join(temporaryFolder(), 'copy.db')
  writeFileSync(copy, bytes)
  expect(await checkBackup(copy)).toEqual({ messages: 20, rooms: 1 })
  expect(readFileSync(copy).equals(bytes)).toBe(true)
  const { log } = await openForTest(`sqlite:${copy}`)
  expect((await log.page('lobby', 500)).messages).toEqual(messages)
  expect(readdirSync(folder).filter((name) => name.includes('backup'))).toEqual([])
})

it('leaves nothing behind when its reader goes away, and serves the next', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'chat.db')
  const { log } = await openForTest(`sqlite:${path}`)
  messagesOf(await Promise.all(numbered(5_000).map((text) => log.append(draft('lobby', text.padEnd(1_000))))))
  await log.close()
  const { ask, url } = await serving({ engine: `sqlite:${path}`, adminKey: 'admin-key' })
  for (let round = 0; round < 6; round++) {
    const { socket, answer } = await connection(url)
    socket.write(
      'POST /v1/backup HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin-key\r\nContent-Length: 0\r\n\r\n',
    )
    if (round % 2 === 0) await expect.poll(() => answer().length, { timeout: 20_000 }).toBeGreaterThan(0)
    socket.resetAndDestroy()
  }
  const bytes = Buffer.from(await (await ask('/v1/backup', POST)).arrayBuffer())
  expect(bytes.toString('latin1', 0, 15)).toBe('SQLite format 3')
  await expect
    .poll(() => readdirSync(folder).filter((name) => name.includes('backup')), { timeout: 20_000 })
    .toEqual([])
})

it('is refused where the log lies in no file, with what that means', async () => {
  const { ask } = chatApp({ access: { type: 'loopback', adminKey: 'admin-key' } })
  expect(await problem(ask('/v1/backup', POST))).toMatchObject({ status: 501, code: 'not-supported' })
})

it('a copy that is damaged or cut is found out', async () => {
  const { log, backup } = await openForTest(`sqlite:${join(temporaryFolder(), 'chat.db')}`)
  await Promise.all(numbered(300).map((text) => log.append(draft('lobby', text.padEnd(500)))))
  const copy = (await backup?.()) ?? ''
  const bytes = readFileSync(copy)
  const broken = join(temporaryFolder(), 'broken.db')
  const variants = [
    bytes.subarray(0, 50),
    bytes.subarray(0, bytes.length / 2),
    Buffer.from(bytes).fill(7, 20_480, 24_576),
  ]
  for (const variant of variants) {
    writeFileSync(broken, variant)
    await expect(checkBackup(broken)).rejects.toThrow(/broken\.db is (damaged|not a database)/)
  }
})
