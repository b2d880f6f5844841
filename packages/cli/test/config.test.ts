import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, temporaryFolder } from './command.ts'
import { startFake } from './fake-server.ts'

const folder = () => {
  const config = temporaryFolder()
  mkdirSync(join(config, 'poll-chat'))
  return config
}

/** An environment whose config file has this in it. */
function environment(content: object | string, mode = 0o600): { XDG_CONFIG_HOME: string; path: string } {
  const XDG_CONFIG_HOME = folder()
  const path = join(XDG_CONFIG_HOME, 'poll-chat', 'config.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  chmodSync(path, mode)
  return { XDG_CONFIG_HOME, path }
}

describe('the config file', () => {
  it('comes after flags and environment, and before the default', async () => {
    const { url, asked } = await startFake()
    const { path: _, ...env } = environment({ server: url, room: 'tea', uid: 'ada', key: 'secret' })
    expect(await run(['send', 'one'], { env })).toMatchObject({ code: 0, stderr: '' })
    await run(['send', 'two'], { env: { ...env, POLL_CHAT_ROOM: 'bar', POLL_CHAT_KEY: 'other' } })
    await run(['send', 'three', '--room', 'flag', '--uid', 'bob'], { env: { ...env, POLL_CHAT_ROOM: 'bar' } })
    expect(asked.map(({ path, key, body }) => [path.split('/')[3], key, JSON.parse(body).uid])).toEqual([
      ['tea', 'Bearer secret', 'ada'],
      ['bar', 'Bearer other', 'ada'],
      ['flag', 'Bearer secret', 'bob'],
    ])
  })

  it('may name servers, each with settings of its own', async () => {
    const { url, asked } = await startFake()
    const one = environment({ server: 'work', uid: 'ada', servers: { work: { server: url, room: 'ops' } } })
    const more = { server: url, room: 'tea', 'key-file': 'the.key' }
    const both = environment({ servers: { [url]: { room: 'by-address' }, home: more } })
    writeFileSync(join(both.XDG_CONFIG_HOME, 'poll-chat', 'the.key'), 'from-a-file\n')
    await run(['send', 'one'], { env: { XDG_CONFIG_HOME: one.XDG_CONFIG_HOME } })
    const named = { XDG_CONFIG_HOME: both.XDG_CONFIG_HOME }
    await run(['send', 'two', '--server', url], { env: named })
    await run(['send', 'three', '--server', 'home'], { env: named })
    await run(['send', 'four'], { env: { ...named, POLL_CHAT_SERVER: 'home' } })
    await run(['join', 'home'], { env: named, input: 'five' })
    const sends = asked.filter(({ method }) => method === 'POST')
    expect(sends.map(({ path, key }) => [path.split('/')[3], key])).toEqual([
      ['ops', undefined],
      ['by-address', undefined],
      ['tea', 'Bearer from-a-file'],
      ['tea', 'Bearer from-a-file'],
      ['tea', 'Bearer from-a-file'],
    ])
  })

  it('gives no key to another server than the one beside it', async () => {
    const mine = await startFake()
    const other = await startFake()
    const { path: _, ...env } = environment({ server: mine.url, key: 'secret', uid: 'ada' })
    for (const args of [[], ['--server', other.url]]) await run(['send', 'hi', ...args], { env })
    expect(mine.asked[0]?.key).toBe('Bearer secret')
    expect(other.asked[0]?.key).toBeUndefined()
    expect(JSON.parse(other.asked[0]?.body ?? '').uid).toBe('ada')
  })

  it('may have comments, also after a text that looks like one', async () => {
    const { url, asked } = await startFake()
    const { path: _, ...env } = environment(`{ // mine\n "server": "${url}", /* "room":\n "x", */ "uid": "ada" }`)
    expect(await run(['send', 'hi'], { env })).toMatchObject({ code: 0, stderr: '' })
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['{ "rom": "x" }', '"rom" is not a setting; there are server, room, uid'],
    ['{ "room": 7 }', '"room" must be a text'],
    ['{ "room": "a b" }', '"room": "a b" cannot be the name of a room'],
    ['{ "mode": "fast" }', '"mode": '],
    ['{ "theme": "pink" }', '"theme": --theme is one of auto, dark, light'],
    ['{ "server": "ftp://x" }', '"server": '],
    ['{ "servers": { "a b": {} } }', '"servers.a b": '],
    ['{ "servers": { "work": { "uid": ".." } } }', '"servers.work.uid": '],
    ['{ "servers": [] }', '"servers" must be an object'],
    ['[]', 'the file must be an object'],
    ['{ "room": "a",\n }', 'line 2'],
    ['{ "key": "a", "key-file": "b" }', 'twice'],
    ['{ "key": "a b" }', '"key": the key must hold one word'],
  ])('%s is refused, naming file and key', async (content, why) => {
    const { path, ...env } = environment(content)
    const { code, stdout, stderr } = await run(['tail'], { env })
    expect(stderr).toContain(`poll-chat: ${path}`)
    expect(stderr).toContain(why)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it('with a key that others can read is refused', async () => {
    const { path, ...env } = environment({ key: 'secret' }, 0o640)
    const { code, stderr } = await run(['send', 'hi'], { env })
    expect(stderr).toBe(
      `poll-chat: others can read the key in ${path}; make the file yours alone with: chmod 600 ${path}\n`,
    )
    expect(code).toBe(2)
  })

  it('that POLL_CHAT_CONFIG names must be there', async () =>
    expect(await run(['send', 'hi'], { env: { POLL_CHAT_CONFIG: '/nowhere.json' } })).toMatchObject({
      code: 2,
      stderr: 'poll-chat: /nowhere.json cannot be read: it does not exist\n',
    }))
})

describe('poll-chat config', () => {
  it('shows what is in force and from where, but no key', async () => {
    const { path, ...env } = environment({
      server: 'work',
      uid: 'ada',
      theme: 'light',
      servers: { work: { server: 'host:1', key: 's3cret' } },
    })
    const { stdout } = await run(['config', '--room', 'tea'], { env: { ...env, POLL_CHAT_MODE: 'poll' } })
    expect(stdout.split('\n').map((row) => row.split(/ {2,}/))).toEqual([
      ['server', 'http://host:1', `servers.work.server in ${path}`],
      ['room', 'tea', '--room'],
      ['uid', 'ada', `uid in ${path}`],
      ['mode', 'poll', 'POLL_CHAT_MODE'],
      ['notify', 'mentions', 'default'],
      ['theme', 'light', `theme in ${path}`],
      ['key-file', 'none', 'default'],
      ['key', 'set, not shown', `servers.work.key in ${path}`],
      [''],
    ])
    const json = await run(['config', '--json', '--server', 'other'], { env })
    expect(JSON.parse(json.stdout)).toMatchObject({
      server: { value: 'http://other', from: { type: 'flag', name: '--server' } },
      uid: { value: 'ada', from: { type: 'file', path, key: 'uid' } },
      key: { value: null },
    })
    expect(stdout + json.stdout).not.toContain('s3cret')
  })

  it('path prints where the file is, or would be', async () => {
    const { path, ...env } = environment({})
    expect(await run(['config', 'path'], { env })).toMatchObject({ code: 0, stdout: `${path}\n` })
    const home = temporaryFolder()
    expect((await run(['config', 'path'], { env: { HOME: home } })).stdout).toBe(
      `${home}/.config/poll-chat/config.json\n`,
    )
    expect(await run(['config', 'paht'])).toMatchObject({ code: 2 })
  })
})
