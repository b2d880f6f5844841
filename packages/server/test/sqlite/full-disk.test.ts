import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { askServer, batch, post, problem, sent } from '../http.ts'
import { scraped } from '../metrics/scraped.ts'
import { spawnServer } from '../spawn-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'

it('on a full disk nothing is acknowledged, reading goes on, and writing comes back with the space', async () => {
  const server = await spawnServer(`sqlite:${join(temporaryFolder(), 'chat.db')}`)
  const ask = askServer(server.url)
  const text = 'x'.repeat(8000)
  const stored = [(await sent(ask, 'lobby', text)).message]
  limitFiles(server.pid, '262144')

  const refused: string[] = []
  for (let attempt = 0; refused.length < 5; attempt++) {
    const id = `id-${attempt}`
    const response = await post(ask, 'lobby', text, `?id=${id}`)
    if (response.ok) stored.push((await response.json()).message)
    else {
      expect(await problem(response)).toMatchObject({ status: 503, code: 'log-unavailable', retry_after_ms: 1000 })
      expect(response.headers.get('retry-after')).toBe('1')
      refused.push(id)
    }
    expect(attempt).toBeLessThan(100)
  }
  expect(stored.length).toBeGreaterThan(2)
  expect((await batch(ask, '/v1/rooms/lobby/messages?after=0&limit=500')).messages).toEqual(stored)
  expect((await batch(ask, '/v1/rooms/lobby/messages?limit=500')).messages).toEqual(stored)
  const atOnce = await Promise.all(
    Array.from({ length: 60 }, (_, i) => (i % 2 ? post(ask, 'lobby', text) : ask('/v1/rooms/lobby/messages?limit=1'))),
  )
  expect(atOnce.map(({ status }) => status)).toEqual(Array.from({ length: 60 }, (_, i) => (i % 2 ? 503 : 200)))
  // What it writes is so little that it may find room where no message does.
  for (let attempt = 0; (await ask('/readyz')).status !== 503; attempt++) expect(attempt).toBeLessThan(100)
  expect((await ask('/healthz')).status).toBe(200)
  expect((await scraped(ask)).get('poll_chat_engine_errors_total')).toBeGreaterThan(30)

  limitFiles(server.pid, 'unlimited')
  for (const id of refused) expect((await post(ask, 'lobby', text, `?id=${id}`)).status).toBe(201)
  expect((await ask('/readyz')).status).toBe(200)
  const { messages } = await batch(ask, '/v1/rooms/lobby/messages?after=0&limit=500')
  expect(messages.map(({ id }) => id)).toEqual([...stored.map(({ id }) => id), ...refused])
  expect(await server.terminate()).toBe(0)
})

/** No file of the process may grow over this size: what it writes further fails as on a full disk. Needs util-linux. */
function limitFiles(pid: number, bytes: string): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`])
}
