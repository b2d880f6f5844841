import { describe, expect, it } from 'vitest'
import { parseSince } from '../src/since.ts'
import { run, start, startServer, textsOf } from './command.ts'
import { message, problem, startFake } from './fake-server.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

describe('a place that --since takes', () => {
  it.each([
    ['12', { type: 'cursor', cursor: '12' }],
    ['12~6b379b9b', { type: 'cursor', cursor: '12~6b379b9b' }],
    ['all', { type: 'cursor', cursor: '0' }],
    ['90s', { type: 'time', atMs: NOW - 90_000 }],
    ['1h30m', { type: 'time', atMs: NOW - 5_400_000 }],
    ['1w2d', { type: 'time', atMs: NOW - 9 * 86_400_000 }],
    ['2026-11-24T10:00Z', { type: 'time', atMs: Date.parse('2026-11-24T10:00:00Z') }],
    ['2026-11-24 10:00:30.5+08:00', { type: 'time', atMs: Date.parse('2026-11-24T02:00:30.5Z') }],
    ['2026-11-24T10:00', { type: 'time', atMs: new Date(2026, 10, 24, 10).getTime() }],
    ['2026-11-24', { type: 'time', atMs: new Date(2026, 10, 24).getTime() }],
  ])('%s', (given, since) => expect(parseSince(given, NOW)).toEqual(since))

  it.each(['', '-1', '2 h', '2y', 'yesterday', '2026-02-30', '2026-11-24T25:00', '10:00', '12~xyz', '1e3'])(
    '%j is none',
    (given) => expect(() => parseSince(given, NOW)).toThrow('--since takes'),
  )
})

/** A room with one message a minute, whose indexes have gaps; what is under `oldest` is no longer kept. */
function roomOfMinutes(count: number, oldest = 1) {
  const kept = Array.from({ length: count }, (_, i) => ({
    ...message(3 * i + 1, `minute ${i}`),
    at: new Date(Date.UTC(2026, 10, 24) + i * 60_000).toISOString(),
  })).filter(({ index }) => index >= oldest)
  return startFake(({ path }) => {
    if (path === '/v1') return undefined
    const query = new URL(path, 'http://fake').searchParams
    const limit = Number(query.get('limit'))
    const after = query.get('after')
    if (after === null) return [200, { messages: kept.slice(-limit), next: `${kept.at(-1)?.index}` }]
    if (Number(after) > 0 && Number(after) < oldest) {
      const [status, body] = problem(410, 'cursor-reset', 'Trimmed.')
      return [status, { ...body, reason: 'trimmed', oldest: '0', newest: `${kept.at(-1)?.index}` }]
    }
    const messages = kept.filter(({ index }) => index > Number(after)).slice(0, limit)
    return [200, { messages, next: `${messages.at(-1)?.index ?? after}` }]
  })
}

describe('tail --since a time', () => {
  it.each([
    ['2026-11-24T00:30Z', 30, 1],
    ['2026-11-24T00:29:30Z', 30, 1],
    ['2026-11-23T00:00Z', 0, 1],
    ['2026-11-24T03:19Z', 199, 1],
    ['2026-11-24T00:10Z', 50, 150],
  ])('%s begins with minute %i, and asks few times', async (since, first, oldest) => {
    const { url, asked } = await roomOfMinutes(200, oldest)
    const { code, stdout } = await run(['tail', '--no-follow', '--json', '--since', since, '--server', url])
    const texts = stdout
      .trim()
      .split('\n')
      .map((line): string => JSON.parse(line).text)
    expect(texts).toEqual(Array.from({ length: 200 - first }, (_, i) => `minute ${first + i}`))
    expect(code).toBe(0)
    expect(asked.length).toBeLessThan(20)
  })

  it('in the future waits for what comes', async () => {
    const { url } = await startServer()
    await run(['send', 'before', '--server', url])
    const tail = start(['tail', '--since', '2100-01-01', '--server', url])
    for (let i = 0; tail.stdout === '' && i < 100; i++) await run(['send', 'after', '--server', url])
    expect(tail.stdout).not.toContain('before')
  })
})

describe('tail --since a place', () => {
  it('prints what stands after it, over many pages, and goes on', async () => {
    const { url } = await startServer()
    const input = Array.from({ length: 1_100 }, (_, i) => `${i + 1}\n`).join('')
    expect(await run(['send', '--lines', '--server', url], { input })).toMatchObject({ code: 0 })
    const past = await run(['tail', '--no-follow', '--since', '3', '--server', url])
    expect(past.stdout.trim().split('\n')).toHaveLength(1_097)
    const tail = start(['tail', '--since', '1099', '--server', url])
    await tail.until(({ stdout }) => stdout.includes(': 1100\n'))
    await run(['send', 'more', '--server', url])
    await tail.until(({ stdout }) => stdout.includes(': more\n'))
    expect(tail.stdout.trim().split('\n')).toHaveLength(2)
    expect(await textsOf(url)).toHaveLength(1_101)
  })

  it('that is not in the log is an error', async () => {
    const { url } = await startServer()
    await run(['send', 'one', '--server', url])
    for (const place of ['7', '1~00000000']) {
      const { code, stdout, stderr } = await run(['tail', '--since', place, '--server', url])
      expect(stderr).toMatch(/^poll-chat: this room has no such place: .*\n$/)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    }
  })

  it('and --last exclude each other', async () =>
    expect(await run(['tail', '--since', '1', '-n', '1'])).toMatchObject({ code: 2 }))
})
