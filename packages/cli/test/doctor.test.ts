import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { Finding } from '../src/doctor/finding.ts'
import { run } from './command.ts'
import { ServerProcess } from './e2e/fixture/server-process.ts'

type Report = { works: boolean; findings: Finding[] }

async function startServer(env?: Record<string, string>): Promise<ServerProcess> {
  const server = await ServerProcess.start(env === undefined ? {} : { env })
  onTestFinished(() => server.dispose())
  return server
}

/** What `doctor --json` found, by check. */
async function report(url: string, ...args: string[]) {
  const { code, stdout } = await run(['doctor', url, '--json', ...args])
  const { works, findings }: Report = JSON.parse(stdout)
  return { code, works, found: Object.fromEntries(findings.map((finding) => [finding.check, finding])) }
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}

it('finds all well on this machine, in words and as JSON', async () => {
  const { url } = await startServer()
  const [plain, json] = await Promise.all([run(['doctor', url]), report(url)])
  expect([plain.code, plain.stderr]).toEqual([0, ''])
  expect(plain.stdout).toContain('✓ long polling  requests may hang for 25 s and more\n')
  expect(plain.stdout).toContain('✓ event stream  passes, unbuffered\n')
  expect(plain.stdout).toMatch(/\nAll is well\.\n$/)
  expect([json.code, json.works]).toEqual([0, true])
  const { hanging, sse, ws, clock, server } = json.found
  expect([hanging?.value, sse?.value, ws?.value, server?.verdict]).toEqual([25, true, true, 'good'])
  expect(Math.abs(Number(clock?.value))).toBeLessThan(10_000)
})

it('finds what cuts requests, and says what to do', async () => {
  const { port } = await startServer()
  const sockets = new Set<Socket>()
  const cutting = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
    near.pipe(far).pipe(near)
    near.on('data', () => setTimeout(() => near.destroy(), 2_000))
    near.on('close', () => far.destroy())
  })
  const url = `http://127.0.0.1:${await portOf(cutting)}`
  const { code, works, found } = await report(url, '--seconds', '5')
  for (const socket of sockets) socket.destroy()
  expect([code, works]).toEqual([0, true])
  expect(found.hanging).toMatchObject({
    verdict: 'poor',
    value: 0,
    advice: expect.stringContaining('proxy_read_timeout'),
  })
})

it('says why one cannot chat, with an exit code for scripts', async () => {
  const closed = await startServer({ POLL_CHAT_KEY: 'secret' })
  const other = createHttpServer((_request, response) => response.end('a login page'))
  const otherUrl = `http://127.0.0.1:${await portOf(other)}`
  const nobody = await run(['doctor', 'http://127.0.0.1:1'])
  expect(nobody).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('✗ address       no connection (ECONNREFUSED)'),
  })
  expect(nobody.stderr).toBe('poll-chat: one cannot chat at http://127.0.0.1:1 from here\n')
  expect(await run(['doctor', closed.url])).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('it wants a key'),
  })
  expect(await run(['doctor', otherUrl])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('not as a poll-chat server'),
  })
  const withKey = await run(['doctor', closed.url, '--seconds', '5'], { env: { POLL_CHAT_KEY: 'secret' } })
  expect([withKey.code, withKey.stdout.includes('secret')]).toEqual([0, false])
})
