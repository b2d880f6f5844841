import { spawn } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, cleanEnv, killGroup, Running, run, start, startServer, temporaryFolder } from './command.ts'

describe('serve', () => {
  it('says in one line where it is and how to join', async () => {
    const { server, url } = await startServer()
    expect(server.stdout).toBe(`Serving at ${url}. Join with: poll-chat join ${url}\n`)
    expect(server.stderr).toBe('')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 within 5 s of %s, though somebody waits', async (signal) => {
    const { server, url } = await startServer()
    const tail = start(['tail', '--server', url])
    await run(['send', '--server', url, 'hi'])
    await tail.until(({ stdout }) => stdout.includes('hi'))
    const asked = performance.now()
    server.child.kill(signal)
    expect(await server.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(performance.now() - asked).toBeLessThan(5_000)
  })

  it('ends with the npm that it was started by, whose shell hands on no signal', async () => {
    const command = `"${process.execPath}" "${BIN}" serve --port 0 --data :memory: --log-level silent; exit`
    const shell = spawn('sh', ['-c', command], { env: cleanEnv({ npm_command: 'exec' }), detached: true })
    onTestFinished(() => killGroup(shell.pid))
    const server = await new Running(shell).until(({ stdout }) => stdout.includes('\n'))
    expect(server.stdout).toContain('npx poll-chat join')
    shell.kill('SIGTERM')
    await server.ended // standard output is closed when the server has gone too
  })

  it('keeps messages in a folder that only its owner may read', async () => {
    const data = join(temporaryFolder(), 'made', 'by', 'it')
    const args = ['serve', '--port', '0', '--data', data]
    for (const texts of [['one'], ['one', 'two']]) {
      const server = await start(args).until(({ stdout }) => stdout.includes('\n'))
      const url = /http:\S+\d/.exec(server.stdout)?.[0] ?? ''
      expect(await run(['send', '--server', url, texts.at(-1) ?? ''])).toMatchObject({ code: 0, stderr: '' })
      const { stdout } = await run(['tail', '--no-follow', '--server', url, '--json'])
      expect(
        stdout
          .split('\n')
          .filter(Boolean)
          .map((line): string => JSON.parse(line).text),
      ).toEqual(texts)
      server.child.kill('SIGTERM')
      await server.ended
    }
    expect(statSync(data).mode & 0o777).toBe(0o700)
    expect(statSync(join(data, 'poll-chat.db')).isFile()).toBe(true)
  })

  it('goes into the data folder of the account by default', async () => {
    const home = temporaryFolder()
    const server = start(['serve', '--port', '0'], { env: { XDG_DATA_HOME: home } })
    await server.until(({ stdout }) => stdout.includes('\n'))
    expect(statSync(join(home, 'poll-chat', 'poll-chat.db')).isFile()).toBe(true)
  })

  it('wants a key on every other address, and says how to go on', async () => {
    const { code, stdout, stderr } = await run(['serve', '--port', '0', '--host', '0.0.0.0', '--data', ':memory:'])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    for (const hint of ['POLL_CHAT_KEY', '--key-file', '--open']) expect(stderr).toContain(hint)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('with a key lets in who has it, and nobody else', async () => {
    const { url, server } = await startServer(['--host', '127.0.0.1'], { POLL_CHAT_KEY: 's3cret' })
    expect(server.stdout).toContain('the key')
    expect(server.stdout).not.toContain('s3cret')
    expect(await run(['send', '--server', url, 'hi'])).toMatchObject({ code: 4, stdout: '' })
    expect(await run(['send', '--server', url, 'hi'], { env: { POLL_CHAT_KEY: 'wrong' } })).toMatchObject({ code: 4 })
    expect(await run(['send', '--server', url, 'hi'], { env: { POLL_CHAT_KEY: 's3cret' } })).toMatchObject({ code: 0 })
  })

  it('on all addresses says one that others can use', async () => {
    const server = start(['serve', '--port', '0', '--host', '0.0.0.0', '--open', '--data', ':memory:'])
    await server.until(({ stdout }) => stdout.includes('\n'))
    expect(server.stdout).toMatch(/join http:\/\/\d+\.\d+\.\d+\.\d+:\d+\n$/)
    expect(server.stdout).not.toMatch(/join http:\/\/0\.0\.0\.0/)
  })

  it('says in one sentence that the port is taken', async () => {
    const { url } = await startServer()
    const { code, stdout, stderr } = await run(['serve', '--port', new URL(url).port, '--data', ':memory:'])
    expect(stderr.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
      expect.stringMatching(/Port \d+ is taken.*--port/),
      '',
    ])
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })

  it('says in one sentence that its folder cannot be made, or holds no database', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const broken = temporaryFolder()
    mkdirSync(join(broken, 'poll-chat.db'))
    for (const data of [join(file, 'below'), broken, '/proc/below']) {
      const { code, stderr } = await run(['serve', '--port', '0', '--log-level', 'silent', '--data', data])
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(stderr).toContain('poll-chat: ')
      expect(stderr).not.toContain('    at ')
      expect(code).toBe(1)
    }
  })
})

it('says what to do when the account has no home folder', async () => {
  const homeless = `
    import os from 'node:os'
    os.homedir = () => { throw Object.assign(new Error('uv_os_homedir'), { code: 'ERR_SYSTEM_ERROR' }) }`
  const node = [`--import=data:text/javascript,${encodeURIComponent(homeless)}`]
  const { code, stderr } = await run(['serve', '--port', '0'], { node })
  expect(stderr).toBe('poll-chat: this account has no home folder; say where the messages are to lie with --data\n')
  expect(code).toBe(2)
})
