import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from './command.ts'
import { problem, startFake } from './fake-server.ts'

const NOBODY = 'http://127.0.0.1:9' // "discard": nothing listens there

describe('exit code 3', () => {
  it.each([['send', 'hi', '--timeout', '4'], ['tail'], ['tail', '--no-follow'], ['join']])(
    '%s says that nobody answers, and what to do',
    async (...args) => {
      const { code, stdout, stderr } = await run([...args, '--server', NOBODY])
      expect(stderr).toBe(
        `poll-chat: nobody answers at ${NOBODY} (connection refused). Start a server there with: poll-chat serve\n`,
      )
      expect(stdout).toBe('')
      expect(code).toBe(3)
    },
  )

  it('comes after --timeout from a server that takes the request and says nothing; the message may have arrived', async () => {
    const mute = createServer(() => undefined)
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void mute.close())
    const address = mute.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { code, stderr } = await run(['send', 'hi', '--timeout', '0.5', '--server', `127.0.0.1:${port}`])
    expect(stderr).toContain('no answer within')
    expect(stderr).toContain('unknown whether the message arrived')
    expect(code).toBe(3)
  })

  it('is for what is no poll-chat server', async () => {
    const { url } = await startFake(() => [200, { hello: 'world' }])
    const { code, stderr } = await run(['tail', '--server', url])
    expect(stderr).toMatch(/^poll-chat: no usable answer from http:.* poll-chat server\n$/)
    expect(code).toBe(3)
  })
})

describe('exit code 4', () => {
  it.each([
    [401, 'key-required', 'POLL_CHAT_KEY'],
    [403, 'host-not-allowed', 'Go away'],
  ])('is for %i', async (status, code, hint) => {
    const { url } = await startFake(() => problem(status, code, 'Go away.'))
    for (const args of [['send', 'hi'], ['tail', '--no-follow'], ['join']]) {
      const ended = await run([...args, '--server', url])
      expect(ended.stderr).toContain(hint)
      expect(ended.stderr.trim().split('\n')).toHaveLength(1)
      expect(ended).toMatchObject({ code: 4, stdout: '' })
    }
  })
})

describe('exit code 1', () => {
  it('is for another refusal, whose words reach the terminal without control sequences', async () => {
    const { url } = await startFake(() =>
      problem(422, 'id-reused', 'This id \u001b]0;owned\u0007\u009b31mis\u202e taken.\nroot: lies'),
    )
    const { code, stderr } = await run(['send', 'hi', '--server', url])
    expect(stderr).toBe('poll-chat: This id is taken. root: lies\n')
    expect(code).toBe(1)
  })
})
