import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLimits, readProxies } from '../src/limits.ts'
import {
  namedServer,
  parseServer,
  readKey,
  readMode,
  readRoom,
  readSeconds,
  readUid,
  readWhole,
} from '../src/options.ts'
import { readRetention } from '../src/retention.ts'
import { run, temporaryFolder } from './command.ts'
import { startFake } from './fake-server.ts'

describe('a setting', () => {
  it.each([
    ['room', (flag?: string, value?: string) => readRoom(flag, { POLL_CHAT_ROOM: value }), 'lobby'],
    ['uid', (flag?: string, value?: string) => readUid(flag, { POLL_CHAT_UID: value }), userInfo().username],
    ['mode', (flag?: string, value?: string) => readMode(flag, { POLL_CHAT_MODE: value }), 'auto'],
  ])('%s comes from the flag, then the environment, then the default', (_name, read, standard) => {
    expect(read('poll', 'long')).toBe('poll')
    expect(read(undefined, 'poll')).toBe('poll')
    expect(read(undefined, undefined)).toBe(standard)
    expect(read(undefined, ''), 'an empty variable counts as unset').toBe(standard)
  })

  it('reaches the server as given: flags before the environment', async () => {
    const { url, asked } = await startFake()
    const env = { POLL_CHAT_SERVER: url, POLL_CHAT_UID: 'ada', POLL_CHAT_ROOM: 'tea', POLL_CHAT_KEY: 'secret' }
    expect(await run(['send', 'one'], { env })).toMatchObject({ code: 0 })
    expect(await run(['send', 'two', '--uid', 'bob', '--room', 'bar'], { env })).toMatchObject({ code: 0 })
    expect(await run(['--room', 'before', 'send', 'three'], { env })).toMatchObject({ code: 0 })
    expect(asked.map(({ path }) => path)).toEqual(['tea', 'bar', 'before'].map((room) => `/v1/rooms/${room}/messages`))
    expect(asked.map(({ body }) => JSON.parse(body).uid)).toEqual(['ada', 'bob', 'ada'])
    expect(asked.every(({ key }) => key === 'Bearer secret')).toBe(true)
  })
})

describe('the address of a server', () => {
  it.each([
    ['host:8787', 'http://host:8787'],
    ['https://chat.example/', 'https://chat.example'],
    ['HTTP://Chat.Example:80/in/here/', 'http://chat.example/in/here'],
    ['[::1]:8787', 'http://[::1]:8787'],
    [' 127.0.0.1 ', 'http://127.0.0.1'],
  ])('%s is %s', (given, url) => expect(parseServer(given)).toBe(url))

  it.each(['', ':8787', 'ftp://host', 'http://', 'http://host?x=1', 'http://host/#x', 'ws://host', '::1'])(
    '%s is none',
    (given) => expect(() => parseServer(given)).toThrow('is not the address of a server'),
  )

  it('carries no credentials', () => expect(() => parseServer('http://me:secret@host')).toThrow(/^(?!.*secret)/))

  it('is not named when flag and environment are empty', () =>
    expect(namedServer({}, { POLL_CHAT_SERVER: '' })).toBeUndefined())
})

describe('the key', () => {
  const file = (content: string) => {
    const path = join(temporaryFolder(), 'key')
    writeFileSync(path, content)
    return path
  }

  it('is the whole file, trimmed, and comes before the environment', () =>
    expect(readKey({ keyFile: file('\n s3cret \n') }, { POLL_CHAT_KEY: 'other' })).toBe('s3cret'))

  it('comes from a file that the environment names', () =>
    expect(readKey({}, { POLL_CHAT_KEY_FILE: file('s3cret') })).toBe('s3cret'))

  it('comes from the environment', () => expect(readKey({}, { POLL_CHAT_KEY: 'other' })).toBe('other'))

  it.each([
    ['an empty file', () => file(' \n'), 'is empty'],
    ['two words', () => file('a b'), 'one word'],
    ['another script', () => file('ключ'), 'one word'],
    ['no file', () => '/nowhere/key', 'it does not exist'],
    ['a folder', () => temporaryFolder(), 'it is a folder'],
  ])('refuses %s', async (_name, path, why) => {
    const { code, stderr } = await run(['send', 'hi', '--key-file', path()])
    expect(stderr).toContain(why)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})

describe('a number', () => {
  it('is whole and within its bounds', () => {
    const range = { min: 0, max: 10, or: 5 }
    expect(readWhole(undefined, '--last', range)).toBe(5)
    expect(readWhole('10', '--last', range)).toBe(10)
    for (const wrong of ['11', '-1', '1.5', 'x', '', '0x3'])
      expect(() => readWhole(wrong, '--last', range)).toThrow('--last takes')
  })

  it('of seconds may be a fraction, but not nothing', () => {
    expect(readSeconds('0.25', '--timeout', 5)).toBe(250)
    for (const wrong of ['0', '-1', 'soon', ''])
      expect(() => readSeconds(wrong, '--timeout', 5)).toThrow('--timeout takes')
  })
})

describe('retention', () => {
  it('is an age, a number, both in any order, or everything', () => {
    expect(readRetention(undefined, {})).toBeUndefined()
    expect(readRetention('all', { POLL_CHAT_RETAIN: '1h' })).toBeUndefined()
    expect(readRetention(undefined, { POLL_CHAT_RETAIN: '100000' })).toEqual({ count: 100_000 })
    expect(readRetention('90d', {})).toEqual({ ageMs: 90 * 86_400_000 })
    for (const both of ['1h30m,5', '5, 1h30m']) expect(readRetention(both, {})).toEqual({ ageMs: 5_400_000, count: 5 })
  })

  it.each(['', '0', '-1', '1.5', '5x', '0d', '999999w', '1d,2d', '1,2', '1d,2,3h', ','])('%j is refused', (given) => {
    expect(() => readRetention(given, {})).toThrow(/--retain takes/)
  })
})

describe('limits', () => {
  it('are on, off, or some figures', () => {
    expect(readLimits(undefined, {})).toEqual({})
    expect(readLimits('off', {})).toBe('off')
    expect(readLimits(undefined, { POLL_CHAT_LIMITS: 'off' })).toBe('off')
    expect(readLimits('sends-per-uid=5/s, rooms=off,waiters-per-address=7,wrong-keys-per-address=3/10m', {})).toEqual({
      'sends-per-uid': { count: 5, seconds: 1 },
      rooms: { count: Number.POSITIVE_INFINITY, seconds: 1 },
      'waiters-per-address': 7,
      'wrong-keys-per-address': { count: 3, seconds: 600 },
    })
  })

  it.each([
    ['sends-per-uid', 'takes a count and a time'],
    ['sends-per-uid=0/s', 'takes a count and a time'],
    ['sends-per-uid=5', 'takes a count and a time'],
    ['sends-per-uid=5/48h', 'takes a count and a time'],
    ['waiters=0', 'a whole number above 0'],
    ['waiters=5/s', 'a whole number above 0'],
    ['speed=5/s', 'knows no "speed"'],
    ['a=b=c', 'takes NAME=VALUE'],
    ['', 'knows no ""'],
  ])('%s are refused in one sentence', async (given, why) => {
    const { code, stderr } = await run(['serve', '--limits', given])
    expect(stderr).toContain(why)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })

  it('trust the proxies that are named, and only addresses', () => {
    expect(readProxies('127.0.0.1, 10.0.0.0/8,fd00::/8', {})).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
    for (const wrong of ['', 'proxy.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/x'])
      expect(() => readProxies(wrong, {})).toThrow('--trust-proxy takes')
  })

  it('TLS takes two files', async () => {
    const { code, stderr } = await run(['serve', '--tls-cert', 'a.pem'])
    expect(stderr).toContain('give both --tls-cert and --tls-key')
    expect(code).toBe(2)
  })
})
