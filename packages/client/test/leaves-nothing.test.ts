/** A process that has stopped following ends by itself: nothing of the client keeps it alive. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogServer } from './log-server.ts'

const source = (file: string) => new URL(`../src/${file}`, import.meta.url).href

const FETCH = {
  undici: `const { createUndiciFetch } = await import('${source('undici-fetch.ts')}'); const fetch = createUndiciFetch()`,
  'a bare socket': `const { plainHttpFetch: fetch } = await import('${source('plain-http-fetch.ts')}')`,
}

/** Prints how long the process lives on after following has ended, in milliseconds, without closing any agent. */
const program = (openFetch: string, url: string, stop: string) => `
  const { createClient } = await import('${source('index.ts')}')
  ${openFetch}
  const controller = new AbortController()
  const client = createClient({ url: '${url}', uid: 'bob', fetch })
  await client.send('hello', { room: 'lobby' })
  for await (const event of client.follow('lobby', { mode: 'long', signal: controller.signal })) {
    if (event.type === 'batch') { ${stop} }
  }
  const endedAt = performance.now()
  process.on('exit', () => console.log(performance.now() - endedAt))
`

let server: LogServer

beforeEach(async () => {
  server = await LogServer.start()
})

afterEach(() => server.stop())

const STOPS: [string, string][] = [
  ['an abort in a hung request', 'setTimeout(() => controller.abort(), 50)'],
  ['a break', 'break'],
]

test.each(
  Object.entries(FETCH).flatMap(([name, open]) => STOPS.map(([how, stop]) => [name, how, open, stop] as const)),
)('over %s, after %s', { timeout: 20_000 }, async (_name, _how, openFetch, stop) => {
  const code = program(openFetch, server.url, stop)
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    timeout: 10_000,
  })
  expect(stdout).toMatch(/^\d+\.\d+\n$/)
  expect(Number(stdout)).toBeLessThan(1_000)
})
