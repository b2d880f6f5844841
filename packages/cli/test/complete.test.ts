/** Completion as a person sees it: a real shell in a terminal, and the Tab key. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MODES } from '../src/options.ts'
import { BIN, cleanEnv, run, startServer, temporaryFolder } from './command.ts'
import { startFake } from './fake-server.ts'

/** A bash with the completion loaded, in an environment where `poll-chat` is on the path. */
async function openBash(variables: Record<string, string> = {}) {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'poll-chat'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 })
  const PATH = `${folder}${delimiter}${process.env.PATH}`
  const env = { ...cleanEnv(variables), PATH, TERM: 'xterm', PS1: '$ ', HISTFILE: '/dev/null' }
  const terminal = spawn('bash', ['--norc', '--noprofile', '-i'], { cols: 300, rows: 40, env, cwd: temporaryFolder() })
  onTestFinished(() => terminal.kill('SIGKILL'))
  let screen = ''
  let changed = (): void => undefined
  terminal.onData((data) => {
    screen += data
    changed()
  })
  const until = async (condition: () => boolean) => {
    while (!condition())
      await new Promise<void>((resolve) => {
        changed = resolve
      })
  }
  const command = async (text: string, mark: string) => {
    terminal.write(`${text}; echo ${mark.slice(0, 1)}''${mark.slice(1)}\r`)
    await until(() => screen.includes(mark))
  }
  await command('source <(poll-chat complete bash)', 'loaded-once')
  await command('source <(poll-chat complete bash)', 'loaded-again')
  return {
    /** Types a line and Tab, and resolves when the line has become the other. */
    async completes(typed: string, expected: string) {
      screen = ''
      terminal.write(`${typed}\t`)
      await until(() => plain(screen).includes(expected))
      terminal.write('\u0015') // Ctrl-U: Ctrl-C would drop what is typed after it
    },
    runs: (text: string, mark: string) => command(text, mark),
  }
}

/** What is written, without sequences and what a shell prints over itself. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
const plain = (text: string) => text.replaceAll(/\u001b\[[0-9;?]*[a-zA-Z]|\u001b[=>]|\r|\u0007/g, '')

describe('in bash', () => {
  it('Tab completes commands, flags, values and rooms', async () => {
    const { url } = await startServer()
    await run(['send', 'hi', '--room', 'teahouse', '--server', url])
    const bash = await openBash({ POLL_CHAT_SERVER: url })
    await bash.completes('poll-chat hist', 'poll-chat history')
    await bash.completes('poll-chat tail --no-f', 'poll-chat tail --no-follow')
    await bash.completes('poll-chat serve --log-level sil', '--log-level silent')
    await bash.completes('poll-chat tail --room teah', '--room teahouse')
    await bash.completes('poll-chat tail --mode=lo', '--mode=long')
    await bash.completes('poll-chat --server http://x:1 tail --mo', '--mode')
  })

  it('runs nothing of what was typed, and completes paths', async () => {
    const bash = await openBash()
    await bash.runs('touch a-long-name.txt', 'touched')
    await bash.completes('poll-chat send "$(touch was-run)" --ti', '--timeout')
    await bash.completes('poll-chat send --file a-long', '--file a-long-name.txt')
    await bash.runs('ls was-run || echo nothing-ran', 'nothing-ran')
  })
})

describe('an answer to a shell', () => {
  const ask = async (words: string[], env: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await run(['complete', '--', ...words], { env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t')[0])
  }

  it('has no rooms when no server answers, or none of them is a name', async () => {
    expect(await ask(['tail', '--room', ''], { POLL_CHAT_SERVER: '127.0.0.1:9' })).toEqual([':4'])
    const rooms = ['$(id)', 'good'].map((room) => ({ room, newest: '1', at: '2026-11-22T09:41:00.000Z' }))
    const { url, asked } = await startFake(({ path }) => (path === '/v1/rooms' ? [200, { rooms }] : undefined))
    expect(await ask(['tail', '--server', url, '--room', ''])).toEqual(['good', ':4'])
    expect(await ask(['tail', '--server', url, '--mode', ''])).toEqual([...MODES, ':4'])
    expect(asked).toHaveLength(1)
  })

  it('knows the servers of the config file', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'poll-chat'))
    writeFileSync(join(folder, 'poll-chat/config.json'), '{ "servers": { "work": { "server": "host:1" } } }')
    expect(await ask(['join', ''], { XDG_CONFIG_HOME: folder })).toEqual(['work', ':4'])
    expect(await ask(['tail', '--server', 'w'], { XDG_CONFIG_HOME: folder })).toEqual(['work', ':4'])
  })
})

it('complete without a shell says which there are', async () => {
  for (const args of [[], ['tcsh']])
    expect(await run(['complete', ...args])).toMatchObject({
      code: 2,
      stderr: 'poll-chat: say for which shell: bash, zsh, fish\n',
    })
})
