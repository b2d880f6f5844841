import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, start, startServer, temporaryFolder, textsOf } from './command.ts'
import { problem, startFake } from './fake-server.ts'

const file = (content: string) => {
  const path = join(temporaryFolder(), 'input.txt')
  writeFileSync(path, content)
  return path
}

describe('send --lines', () => {
  it('sends each line as it comes, in order', async () => {
    const { url } = await startServer()
    const sender = start(['send', '--lines', '--server', url])
    const reader = start(['tail', '--server', url, '--json'])
    sender.child.stdin?.write('one\n\ntw')
    await reader.until(({ stdout }) => stdout.includes('"one"'))
    sender.child.stdin?.end('o\r\nthree')
    expect(await sender.ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await textsOf(url)).toEqual(['one', 'two', 'three'])
  })

  it('names the lines that cannot be sent, sends the others, and exits 1', async () => {
    const { url } = await startServer()
    const input = `one\n${'x'.repeat(16_385)}\n${'x'.repeat(1_000_000)}\ntwo\n`
    const { code, stderr } = await run(['send', '--lines', '--server', url], { input })
    expect(stderr).toMatch(/line 2 was not sent: .*\n.*line 3 was not sent: .*\n.*2 lines were not sent\n$/)
    expect(code).toBe(1)
    expect(await textsOf(url)).toEqual(['one', 'two'])
  })

  it('with --id is safe to repeat, and names a line whose id was used for another text', async () => {
    const { url } = await startServer()
    const args = ['send', '--lines', '--id', 'ci', '--server', url]
    for (const input of ['one\ntwo\n', 'one\ntwo\nthree\n'])
      expect(await run(args, { input })).toMatchObject({ code: 0 })
    const other = await run([...args, '--json'], { input: 'one\nzwei\n' })
    expect(other.stderr).toMatch(/line 2 was not sent: .*\n.*one line was not sent\n$/)
    expect(JSON.parse(other.stdout)).toMatchObject({ id: 'ci-1', text: 'one' })
    expect(await textsOf(url)).toEqual(['one', 'two', 'three'])
  })

  it('says at which line it had to stop', async () => {
    let taken = 0
    const { url } = await startFake(({ method }) =>
      method === 'POST' && ++taken > 2 ? problem(503, 'log-unavailable', 'The disk is full.') : undefined,
    )
    const { code, stderr } = await run(['send', '--lines', '--timeout', '3', '--server', url], {
      input: 'a\nb\nc\nd\n',
    })
    expect(stderr).toMatch(/^poll-chat: stopped at line 3; the lines before it were sent: .+\n$/)
    expect(code).toBe(3)
  })

  it('takes a file too', async () => {
    const { url } = await startServer()
    expect(await run(['send', '--lines', '--file', file('a\nb\n'), '--server', url])).toMatchObject({ code: 0 })
    expect(await textsOf(url)).toEqual(['a', 'b'])
  })
})

describe('send --file', () => {
  it('sends what is in it', async () => {
    const { url } = await startServer()
    expect(await run(['send', '--file', file('a\nb\n'), '--server', url])).toMatchObject({ code: 0 })
    expect(await textsOf(url)).toEqual(['a\nb'])
  })

  it.each([
    ['one that is too long', () => file('x'.repeat(20_000)), 'is too long; at most 16384 bytes'],
    ['none', () => '/nowhere/file', 'cannot be read: it does not exist'],
    ['a folder', () => temporaryFolder(), 'cannot be read: it is a folder'],
  ])('refuses %s before any request', async (_what, path, why) => {
    const { url, asked } = await startFake()
    const { code, stderr } = await run(['send', '--file', path(), '--server', url])
    expect(stderr).toContain(why)
    expect(code).toBe(2)
    expect(asked).toEqual([])
  })
})

it.each([
  [['--file', 'x', 'words'], '--file is the text'],
  [['--lines', 'words'], '--lines sends the lines'],
])('send %j is refused', async (args, why) => {
  const { code, stderr } = await run(['send', ...args])
  expect(stderr).toContain(why)
  expect(code).toBe(2)
})
