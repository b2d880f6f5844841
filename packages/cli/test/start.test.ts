/** `poll-chat` alone, which knows no address but its default. A developer's own server may be there, so it gets another. */
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, cleanEnv, run, start, temporaryFolder } from './command.ts'

const PORT = await new Promise<number>((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
  })
})

/** Loads the built command with another default port in it. */
const node = [
  `--import=data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module'
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context)
        if (!url.includes('/packages/cli/dist/')) return loaded
        return { ...loaded, source: Buffer.from(loaded.source).toString().replaceAll('8787', '${PORT}') }
      },
    })`)}`,
]

const texts = (stdout: string) => stdout.replaceAll(/\d\d:\d\d /g, '')

describe('poll-chat alone', () => {
  it('without a terminal serves when nobody does, and joins when somebody does', async () => {
    const data = temporaryFolder()
    const first = start([], { node, env: { XDG_DATA_HOME: data } })
    await first.until(({ stdout }) => stdout.includes('\n'))
    expect(first.stdout).toBe(`Serving at http://127.0.0.1:${PORT}. Join with: poll-chat join\n`)
    expect(existsSync(join(data, 'poll-chat', 'poll-chat.db'))).toBe(true)

    const second = await run(['--uid', 'ada'], { node, input: 'hello\n' })
    expect(texts(second.stdout)).toBe('ada: hello\n')
    expect(second).toMatchObject({ code: 0, stderr: '' })

    first.child.kill('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0 })
  })

  it('twice at the same moment is one server, and the other joins it', async () => {
    const data = temporaryFolder()
    const both = ['ada', 'bob'].map((uid) => start(['--uid', uid], { node, env: { XDG_DATA_HOME: data } }))
    for (const one of both) one.child.stdin?.end(`I am here\n`)
    const loser = await Promise.race(both.map(({ ended }) => ended))
    expect(loser).toMatchObject({ code: 0, stderr: expect.not.stringContaining('poll-chat: ') })
    expect(texts(loser.stdout)).toMatch(/^(ada|bob): I am here\n$/)
    expect(both.filter(({ stdout }) => stdout.startsWith('Serving at'))).toHaveLength(1)
  })

  it('never starts a server when one is named', async () => {
    const data = temporaryFolder()
    for (const named of [
      { args: ['--server', '127.0.0.1:9'], env: {} },
      { args: [], env: { POLL_CHAT_SERVER: '127.0.0.1:9' } },
    ]) {
      const { code, stderr } = await run(named.args, { node, env: { ...named.env, XDG_DATA_HOME: data } })
      expect(stderr).toContain('nobody answers at http://127.0.0.1:9')
      expect(code).toBe(3)
    }
    expect(existsSync(join(data, 'poll-chat'))).toBe(false)
  })

  it('in a terminal starts a server, joins it, says how others get in, and ends the server with the chat', async () => {
    const env = { ...cleanEnv(), TERM: 'xterm-256color' }
    const terminal = spawn(process.execPath, [...node, BIN, '--uid', 'ada'], { cols: 200, rows: 24, env })
    onTestFinished(() => terminal.kill('SIGKILL'))
    const ended = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)))
    let screen = ''
    const shown = (text: string) =>
      new Promise<void>((resolve) => {
        if (screen.includes(text)) resolve()
        terminal.onData(() => screen.includes(text) && resolve())
      })
    terminal.onData((data) => {
      screen += data
    })
    await shown('poll-chat join')
    terminal.write('hello from a terminal')
    await shown('hello from a terminal')
    terminal.write('\r')
    const tail = start(['tail'], { node })
    await tail.until(({ stdout }) => stdout.includes('ada: hello from a terminal\n'))
    terminal.write('/quit\r')
    expect(await ended).toBe(0)
    expect(await run(['send', '--timeout', '0.2', 'anybody?'], { node })).toMatchObject({ code: 3 })
  })
})
