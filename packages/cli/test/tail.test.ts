import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, cleanEnv, killGroup, run, start, startServer } from './command.ts'
import { message, problem, startFake } from './fake-server.ts'

const say = async (url: string, text: string, ...args: string[]) =>
  expect(await run(['send', '--server', url, '--uid', 'ada', ...args, text])).toMatchObject({ code: 0 })

describe('tail', () => {
  it.each(['long', 'poll'])('prints the end of a room, and follows it (%s)', async (mode) => {
    const { url } = await startServer()
    for (const text of ['one', 'two', 'three']) await say(url, text)
    const tail = start(['tail', '--server', url, '-n', '2', '--mode', mode, '--interval', '100'])
    await tail.until(({ stdout }) => stdout.includes('three'))
    await say(url, 'elsewhere', '--room', 'other')
    await say(url, 'four\nfive')
    await tail.until(({ stdout }) => stdout.includes('five'))
    expect(tail.stdout).toMatch(/^\d\d:\d\d ada: two\n\d\d:\d\d ada: three\n\d\d:\d\d ada: four\n {6}five\n$/)
    expect(tail.stderr).toBe('')
  })

  it('--no-follow ends; -n 0 shows nothing; a room without messages is empty', async () => {
    const { url } = await startServer()
    await say(url, 'one')
    const tail = (...args: string[]) => run(['tail', '--no-follow', '--server', url, ...args])
    expect((await tail()).stdout).toContain('ada: one\n')
    expect(await tail('-n', '0')).toMatchObject({ code: 0, stdout: '' })
    expect(await tail('--room', 'empty')).toMatchObject({ code: 0, stdout: '' })
  })

  it('collects as many pages as it needs', async () => {
    const { url } = await startServer()
    const input = Array.from({ length: 620 }, (_, i) => `${i + 1}\n`).join('')
    expect(await run(['join', url, '--last', '0'], { input })).toMatchObject({ code: 0 })
    const { stdout } = await run(['tail', '--no-follow', '--json', '-n', '610', '--server', url])
    const texts = stdout
      .split('\n')
      .filter(Boolean)
      .map((line): string => JSON.parse(line).text)
    expect(texts).toEqual(Array.from({ length: 610 }, (_, i) => `${i + 11}`))
  })

  it('ends quietly when its reader goes away', async () => {
    const { url } = await startServer()
    for (const text of ['one', 'two']) await say(url, text)
    const shell = `"${process.execPath}" "${BIN}" tail --server ${url}; echo "ended $?" >&2`
    const child = spawn('sh', ['-c', `( ${shell} ) | head -n 1`], {
      env: cleanEnv(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => killGroup(child.pid))
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const ended = once(child, 'close')
    await once(child.stdout, 'data') // now head has its line, and goes
    for (let i = 0; stderr === '' && i < 20; i++) await say(url, 'who reads this?')
    await ended
    expect(stderr).toBe('ended 0\n')
  })

  it('says on standard error that the connection is lost, and back', async () => {
    let down = false
    const { url } = await startFake(({ path }) => (down && path !== '/v1' ? [502, {}] : undefined))
    const tail = start(['tail', '--server', url, '--mode', 'poll', '--interval', '100'])
    await new Promise((resolve) => setTimeout(resolve, 700))
    down = true
    await tail.until(({ stderr }) => stderr.includes('lost'))
    down = false
    await tail.until(({ stderr }) => stderr.includes('again\n') && stderr.includes('connected'))
    expect(tail.stderr).toMatch(/^poll-chat: connection lost \(.*\); trying again\npoll-chat: connected again\n$/)
    expect(tail.stdout).toBe('')
  })

  it.each(['tail', 'join'])(
    '%s says that the log is another one, and prints again nothing that it showed of the past',
    async (command) => {
      const past = [message(8, 'one'), message(9, 'two')]
      const restored = [message(1, 'one', 'alice', 'id-8'), message(2, 'two', 'alice', 'id-9'), message(3, 'three')]
      const { url } = await startFake(({ path }) => {
        if (path === '/v1') return undefined
        if (!path.includes('after=')) return [200, { messages: past, next: '9' }]
        if (path.includes('after=0')) return [200, { messages: restored, next: '3' }]
        if (path.includes('after=3')) return [200, { messages: [], next: '3' }]
        const [status, body] = problem(410, 'cursor-reset', 'Ahead.')
        return [status, { ...body, reason: 'ahead', oldest: '0', newest: '3' }]
      })
      const target = command === 'tail' ? ['--server', url] : [url, '--uid', 'ada']
      const reader = start([command, ...target, '--mode', 'poll', '--interval', '100'])
      await reader.until(({ stdout }) => stdout.includes('three'))
      expect(reader.stdout).toBe('09:41 alice: one\n09:41 alice: two\n09:41 alice: three\n')
      expect(reader.stderr).toBe(
        'poll-chat: the log of room lobby is another one now (it ends before that place); going on from its oldest message\n',
      )
    },
  )
})

describe('what a hostile server sends', () => {
  const EVIL = '\u001b]0;owned\u0007\u001b[2J\u009b31mred\u202etxt\u007f\u2028root: lies\r\n\u001b'
  const hostile = () =>
    startFake(({ path }) =>
      path === '/v1' ? undefined : [200, { messages: [message(1, EVIL, `e${EVIL}`)], next: '1' }],
    )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const UNSAFE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]/

  it('reaches the terminal as plain text of one message', async () => {
    const { url } = await hostile()
    const { stdout } = await run(['tail', '--no-follow', '--server', url])
    expect(stdout).not.toMatch(UNSAFE)
    expect(stdout).toMatch(/^09:41 e.*: redtxt\n {6}root: lies\n( {6}\n)?$/)
  })

  it('is escaped, and whole, with --json', async () => {
    const { url } = await hostile()
    const { stdout } = await run(['tail', '--no-follow', '--json', '--server', url])
    expect(stdout).not.toMatch(UNSAFE)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toEqual(message(1, EVIL, `e${EVIL}`))
  })
})
