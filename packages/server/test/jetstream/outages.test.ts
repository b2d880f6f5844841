/** What a server says while its NATS cannot store, and that it goes on by itself afterwards. */
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type Ask, post, problem, sent } from '../http.ts'
import { scraped } from '../metrics/scraped.ts'
import { startNats } from '../nats-server.ts'
import { serving } from '../sockets/serving.ts'
import { fakeNats } from './fake-nats.ts'

const PATIENCE = { timeout: 60_000, interval: 100 }

vi.setConfig({ testTimeout: 180_000 })

async function natsServing(configuration?: string, shards = 1) {
  const nats = await startNats(configuration)
  onTestFinished(() => nats.stop())
  return { nats, ...(await serving({ engine: `${nats.url}?shards=${shards}` })) }
}

async function refused(ask: Ask): Promise<string[]> {
  const answers = await Promise.all([post(ask, 'lobby', 'x'), ask('/readyz')])
  for (const { headers } of answers) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  const problems = await Promise.all(answers.map((answer) => problem(answer)))
  for (const { status, code } of problems) expect([status, code]).toEqual([503, 'log-unavailable'])
  return problems.map(({ detail }) => detail)
}

async function counted(ask: Ask) {
  const metrics = await scraped(ask)
  const value = (name: string) => metrics.get(`poll_chat_${name}`) ?? 0
  return { problems: value('problems_total{code="log-unavailable"}'), errors: value('engine_errors_total') }
}

const untilReady = (ask: Ask) => vi.waitFor(async () => expect((await ask('/readyz')).status).toBe(200), PATIENCE)

it('a NATS server that is gone: 503 with Retry-After, what is in memory is readable, and all goes on when it is back', async () => {
  const { nats, ask } = await natsServing()
  const first = await sent(ask, 'lobby', 'before')
  await (await ask('/v1/rooms/lobby/messages?after=0')).text()
  expect((await scraped(ask)).get('poll_chat_commit_seconds_count')).toBeGreaterThan(0)
  await nats.kill()
  for (const detail of await refused(ask)) expect(detail).toMatch(/NATS|takes too long/)
  await vi.waitFor(async () => expect((await refused(ask))[0]).toContain('No NATS server can be reached'), PATIENCE)
  expect((await ask('/healthz')).status).toBe(200)
  const { problems, errors } = await counted(ask)
  await refused(ask)
  const after = await counted(ask)
  expect([after.problems - problems, after.errors - errors >= 2]).toEqual([2, true])
  expect(await (await ask('/v1/rooms/lobby/messages?after=0')).json()).toMatchObject({ messages: [first.message] })
  await nats.start()
  await untilReady(ask)
  const second = await sent(ask, 'lobby', 'after')
  expect(await (await ask(`/v1/rooms/lobby/messages?after=${first.next}`)).json()).toMatchObject({
    messages: [second.message],
  })
})

it('a server of a refused version in its place is not used, and said; with the right one all goes on', async () => {
  const { nats, ask } = await natsServing()
  await nats.kill()
  const fake = await fakeNats('2.10.21', nats.port)
  await vi.waitFor(
    async () =>
      expect(new Set(await refused(ask))).toEqual(new Set([expect.stringContaining('can lose whole streams')])),
    PATIENCE,
  )
  await fake.close()
  await nats.start()
  await untilReady(ask)
  await sent(ask, 'lobby', 'after')
})

/** Sends until something is refused; says why. */
async function sendUntilRefused(ask: Ask): Promise<string> {
  for (let sends = 0; sends < 500; sends++) {
    const answer = await post(ask, 'big', 'x'.repeat(16_000))
    if (!answer.ok) return `${answer.headers.get('retry-after')} ${(await problem(answer)).detail}`
    await answer.text()
  }
  return 'nothing was refused'
}

const FULL = 'The NATS stream is full; nothing was stored.'

it('a full disk is said, and nothing is acknowledged', async () => {
  const { ask } = await natsServing('jetstream { store_dir: STORE, max_file_store: 1MB }')
  const { next } = await sent(ask, 'lobby', 'first')
  expect(await sendUntilRefused(ask)).toBe(`5 ${FULL}`)
  expect(await refused(ask)).toEqual([FULL, FULL])
  expect(await (await ask('/v1/rooms/lobby/messages?after=0')).json()).toMatchObject({ next })
})

it('a full stream is said, and room that is made is used', async () => {
  const { nats, ask } = await natsServing()
  const connection = await connect({ servers: nats.url.replace('nats://', '') })
  onTestFinished(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  await streams.update('poll-chat-log-0', { max_bytes: 200_000 })
  expect(await sendUntilRefused(ask)).toBe(`5 ${FULL}`)
  expect(await problem(ask('/readyz'))).toMatchObject({ status: 503, code: 'log-unavailable', detail: FULL })
  await streams.update('poll-chat-log-0', { max_bytes: 10_000_000 })
  await vi.waitFor(async () => void (await sent(ask, 'lobby', 'second')), PATIENCE)
  expect((await ask('/readyz')).status).toBe(200)
})

it('one stream of several that nobody leads is said, though nothing was sent there', async () => {
  const { nats, ask } = await natsServing(undefined, 2)
  await untilReady(ask)
  const connection = await connect({ servers: nats.url.replace('nats://', '') })
  onTestFinished(() => connection.close())
  await (await jetstreamManager(connection)).streams.delete('poll-chat-log-1')
  await vi.waitFor(async () => {
    expect(await problem(ask('/readyz'))).toMatchObject({ status: 503, code: 'log-unavailable' })
  }, PATIENCE)
})
