import { describe, expect, it } from 'vitest'
import { run, start, startServer, waiting } from './command.ts'
import { message, problem, startFake } from './fake-server.ts'

describe('wait', () => {
  it.each(['long', 'poll'])('prints the first message after now that matches (%s)', async (mode) => {
    const { url } = await startServer()
    const send = (uid: string, text: string) => run(['send', '--server', url, '--uid', uid, text])
    await send('ada', 'go already')
    const how = ['--mode', mode, '--interval', '100', '--server', url]
    const wait = await waiting(['wait', '--match', '^GO', '-i', '--from', 'ada,eve', '--json', ...how])
    await send('bob', 'go')
    await send('ada', 'let us go')
    await send('eve', 'please\ngo on')
    await send('ada', 'go')
    const { code, stdout } = await wait.ended
    expect(JSON.parse(stdout)).toMatchObject({ from: { uid: 'eve' }, text: 'please\ngo on' })
    expect(code).toBe(0)
  })

  it('exits 5 when the time is up', async () => {
    const { url } = await startServer()
    const { code, stdout, stderr } = await run(['wait', '--match', 'x', '--timeout', '0.3', '--server', url])
    expect(stderr).toMatch(/no such message within 0.3 s\n$/)
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
  })

  it('misses nothing that comes while the connection is lost', async () => {
    let state: 'up' | 'down' | 'back' = 'up'
    const { url } = await startFake(({ path }) => {
      if (path === '/v1') return undefined
      if (state === 'down') return [502, {}]
      if (!path.includes('after=')) return [200, { messages: [message(1, 'match before')], next: '1' }]
      const messages =
        state === 'back' && path.includes('after=1&') ? [message(2, 'match within'), message(3, 'match')] : []
      return [200, { messages, next: messages.length > 0 ? '3' : '1' }]
    })
    const wait = await waiting(['wait', '--match', 'match', '--mode', 'poll', '--interval', '100', '--server', url])
    state = 'down'
    await wait.until(({ stderr }) => stderr.includes('connection lost'))
    state = 'back'
    expect(await wait.ended).toMatchObject({ code: 0, stdout: '09:41 alice: match within\n' })
  })

  it('takes a replaced log for what it is: only what was said since counts', async () => {
    let replaced = false
    const { url } = await startFake(({ path }) => {
      if (path === '/v1') return undefined
      if (!replaced) return [200, { messages: path.includes('after=') ? [] : [message(9, 'old')], next: '9' }]
      if (path.includes('after=0')) {
        const fresh = { ...message(3, 'match now'), at: new Date(Date.now() + 1_000).toISOString() }
        return [200, { messages: [message(2, 'match of the backup'), fresh], next: '3' }]
      }
      const [status, body] = problem(410, 'cursor-reset', 'Ahead.')
      return [status, { ...body, reason: 'ahead', oldest: '0', newest: '2' }]
    })
    const wait = await waiting(['wait', '--match', 'match', '--mode', 'poll', '--interval', '100', '--server', url])
    replaced = true
    expect(await wait.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('match now') })
  })

  it('is not held up by a text that a pattern takes for ever on', async () => {
    const { url } = await startServer()
    const wait = await waiting(['wait', '--match', '^(a+)+$', '--server', url])
    await run(['send', `${'a'.repeat(60)}!`, '--server', url])
    await run(['send', 'aaa', '--server', url])
    const { code, stdout, stderr } = await wait.ended
    expect(stderr).toContain('message 1 takes the pattern too long')
    expect(stdout).toMatch(/: aaa\n$/)
    expect(code).toBe(0)
  })

  it.each([
    [['--match', '('], 'is not a regular expression'],
    [[], 'say what to wait for'],
    [['--match', 'x', '--from', 'a b'], 'cannot be a uid'],
    [['--match', 'x', '--timeout', 'soon'], '--timeout takes'],
  ])('%j is refused before any request', async (args, why) => {
    const { url, asked } = await startFake()
    const { code, stderr } = await run(['wait', ...args, '--server', url])
    expect(stderr).toContain(why)
    expect(code).toBe(2)
    expect(asked).toEqual([])
  })

  it('--verified takes only senders whom the server has proof of', async () => {
    const proven = { ...message(2, 'go'), from: { uid: 'alice', verified: true } }
    const { url } = await startFake(({ path }) =>
      path === '/v1'
        ? undefined
        : [
            200,
            path.includes('after=0')
              ? { messages: [message(1, 'go'), proven], next: '2' }
              : { messages: [], next: '0' },
          ],
    )
    const { stdout } = await run(['wait', '--match', 'go', '--verified', '--json', '--mode', 'poll', '--server', url])
    expect(JSON.parse(stdout).index).toBe(2)
  })

  it('follows with a connection that a server cuts for good: exit code 4 when the key is wrong', async () => {
    const { url } = await startFake(() => problem(401, 'key-required', 'Go away.'))
    expect(await run(['wait', '--match', 'x', '--server', url])).toMatchObject({ code: 4, stdout: '' })
  })

  it('prints nothing but the message when it is piped', async () => {
    const { url } = await startServer()
    const wait = start(['wait', '--match', 'x', '--server', url])
    await wait.until(({ stderr }) => stderr === 'poll-chat: waiting for a message in lobby\n')
    await run(['send', 'x', '--uid', 'ada', '--server', url])
    expect((await wait.ended).stdout).toMatch(/^\d\d:\d\d ada: x\n$/)
  })
})
