import { expect, it } from 'vitest'
import { run, startServer } from './command.ts'
import { startFake } from './fake-server.ts'

it('rooms prints the rooms, the most recently active first', async () => {
  const { url } = await startServer()
  expect(await run(['rooms', '--server', url])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  for (const room of ['tea', 'builds', 'tea']) await run(['send', 'hi', '--room', room, '--server', url])
  const { stdout } = await run(['rooms', '--server', url])
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}tea\n\d{4}-\d\d-\d\d \d\d:\d\d {2}builds\n$/)
  const json = await run(['rooms', '--json', '--server', url])
  const first = JSON.parse(json.stdout.split('\n')[0] ?? '')
  expect(first).toMatchObject({ room: 'tea', newest: expect.stringMatching(/^2~/) })
})

it('rooms lets no name of a hostile server act on the terminal', async () => {
  const rooms = [{ room: 'a\u001b]0;owned\u0007\u009b31mb\nc', newest: '1', at: '2026-11-22T09:41:00.000Z' }]
  const { url } = await startFake(({ path }) => (path.startsWith('/v1/rooms') ? [200, { rooms }] : undefined))
  expect((await run(['rooms', '--server', url])).stdout).toBe('2026-11-22 09:41  ab c\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect((await run(['rooms', '--json', '--server', url])).stdout).not.toMatch(/[\u001b\u009b]/)
})
