import { expect, it } from 'vitest'
import { run, startServer, textsOf } from './command.ts'
import { startFake } from './fake-server.ts'

it('is silent and exits 0 when the server has the message', async () => {
  const { url } = await startServer()
  expect(await run(['send', '--server', url, 'two', 'words'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  expect(await textsOf(url)).toEqual(['two words'])
})

it('reads standard input with - and when it is a pipe, and drops one newline', async () => {
  const { url } = await startServer()
  expect(await run(['send', '--server', url, '-'], { input: 'a\nb\n\n' })).toMatchObject({ code: 0 })
  expect(await run(['send', '--server', url], { input: 'c\r\n' })).toMatchObject({ code: 0 })
  expect(await run(['send', '--server', url, '--', '-d'], { input: 'no' })).toMatchObject({ code: 0 })
  expect(await textsOf(url)).toEqual(['a\nb\n', 'c', '-d'])
})

it('with the same id is one message, and with --json prints it', async () => {
  const { url } = await startServer()
  const args = ['send', '--server', url, '--id', 'build-42', '--uid', 'ada', '--json', 'done']
  const first = await run(args)
  expect(JSON.parse(first.stdout)).toMatchObject({
    index: 1,
    id: 'build-42',
    room: 'lobby',
    from: { uid: 'ada' },
    text: 'done',
  })
  expect((await run(args)).stdout).toBe(first.stdout)
  expect(await run([...args.slice(0, -1), 'other'])).toMatchObject({ code: 1, stdout: '' })
  expect(await textsOf(url)).toEqual(['done'])
})

it('goes on trying until --timeout, with the same id, and succeeds when the server recovers', async () => {
  let tries = 0
  const { url, asked } = await startFake(({ method }) =>
    method === 'POST' && ++tries < 2
      ? [503, { code: 'log-unavailable', detail: 'The disk is full.', title: '', status: 503, type: '' }]
      : undefined,
  )
  expect(await run(['send', '--server', url, 'hi'])).toMatchObject({ code: 0, stderr: '' })
  expect(new Set(asked.map(({ body }) => JSON.parse(body).id)).size).toBe(1)
  expect(asked).toHaveLength(2)
})

it.each([
  ['no text at all', ''],
  ['not UTF-8', Uint8Array.of(0xff, 0xfe, 0x41)],
  ['too long', 'x'.repeat(16_385)],
  ['much too long', 'x'.repeat(1_000_000)],
])('standard input that is %s is refused before any request', async (_what, input) => {
  const { url, asked } = await startFake()
  const { code, stderr } = await run(['send', '--server', url], { input })
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
  expect(asked).toEqual([])
})
