import { createClient } from '@poll-chat/client'
import { expect, it } from 'vitest'
import { run, startServer } from './command.ts'
import { startFake } from './fake-server.ts'

it('search prints what has all words, the newest first, of all rooms or one', async () => {
  const { url } = await startServer()
  const send = (text: string, ...args: string[]) => run(['send', text, '--server', url, ...args])
  await send('今天天气很好', '--room', 'tea', '--uid', 'ada')
  await send('Build 41 failed', '--room', 'builds', '--uid', 'ci')
  await send('build 42 is done', '--room', 'builds', '--uid', 'ci')
  const search = (...args: string[]) => run(['search', '--server', url, ...args], { env: { POLL_CHAT_ROOM: 'tea' } })
  const when = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`
  expect((await search('build')).stdout).toMatch(
    new RegExp(`^${when} builds ci: build 42 is done\n${when} builds ci: Build 41 failed\n$`),
  )
  expect((await search('天气', '--from', 'ada')).stdout).toContain('今天天气很好')
  expect((await search('build', '-n', '1')).stdout.split('\n')).toHaveLength(2)
  expect(JSON.parse((await search('failed', 'build', '--json', '--room', 'builds')).stdout)).toMatchObject({ index: 1 })
  expect(await search('build', '--room', 'tea')).toMatchObject({ code: 0, stdout: '', stderr: '' })
  expect(await search('!?')).toMatchObject({ code: 1, stdout: '' })
  expect(await search('x', '--from', 'a b')).toMatchObject({ code: 2 })
})

it('who prints who follows the room under a name, and who types', async () => {
  const { url } = await startServer()
  const over = new AbortController()
  const ada = createClient({ url, uid: 'ada' })
  const following = (async () => {
    for await (const event of ada.follow('lobby', { mode: 'long', ephemeral: true, signal: over.signal }))
      if (event.type === 'presence') await ada.typing('lobby', { forMs: 30_000 })
  })()
  await expect
    .poll(async () => (await run(['who', '--server', url])).stdout, { timeout: 20_000 })
    .toBe('ada (typing)\n')
  const { stdout } = await run(['who', '--json', '--server', url])
  expect(JSON.parse(stdout)).toEqual({ uid: 'ada', verified: false, typing: true })
  expect(await run(['who', '--room', 'empty', '--server', url])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  over.abort()
  await following
})

it('neither lets a hostile server act on the terminal', async () => {
  const evil = 'a\u001b]0;owned\u0007\u009b31mb\nc'
  const message = { index: 1, id: '1', room: evil, from: { uid: evil, verified: false }, text: evil, at: evil }
  const { url } = await startFake(({ path }) => {
    if (path.startsWith('/v1/search')) return [200, { messages: [message] }]
    if (path.includes('/presence'))
      return [200, { version: '1', count: 1, typing: [], here: [{ uid: evil, verified: false }] }]
    return undefined
  })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const acts = /[\u001b\u009b\u0007]/
  for (const command of [['search', 'x'], ['search', 'x', '--json'], ['who'], ['who', '--json']]) {
    const { code, stdout } = await run([...command, '--server', url])
    expect(code).toBe(0)
    expect(stdout).toContain('b')
    expect(stdout).not.toMatch(acts)
  }
})
