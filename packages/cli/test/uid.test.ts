import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, startServer, temporaryFolder } from './command.ts'
import { Person } from './e2e/fixture/people.ts'

const CLAIM = 'c'.repeat(43)

/** An account: what it keeps, it keeps in one folder. */
function account() {
  const folder = temporaryFolder()
  const env = { XDG_DATA_HOME: folder }
  return {
    files: () =>
      readdirSync(join(folder, 'poll-chat', 'identities')).map((name) => join(folder, 'poll-chat', 'identities', name)),
    folder,
    run: (args: string[], more: { input?: string; env?: Record<string, string> } = {}) =>
      run(args, { ...more, env: { ...env, ...more.env } }),
  }
}

const identity = (server: string, uid = 'ada', claim = CLAIM) => `${JSON.stringify({ server, uid, claim })}\n`

describe('poll-chat uid', () => {
  it('imports, lists, exports and forgets, and keeps all of it for its owner alone', async () => {
    const me = account()
    const url = 'http://chat.example:9000/chat'
    expect(await me.run(['uid', 'list'])).toMatchObject({ code: 0, stdout: '' })
    expect(await me.run(['uid', 'import'], { input: identity(url) })).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await me.run(['uid', 'import'], { input: identity(url) })).toMatchObject({ code: 0, stderr: '' })
    const [file = ''] = me.files()
    expect(me.files()).toEqual([file])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
    expect((await me.run(['uid', 'list'])).stdout).toBe(`ada  ${url}\n`)
    expect((await me.run(['uid', 'list', '--json'])).stdout).toBe(`{"server":"${url}","uid":"ada"}\n`)
    const whose = ['--server', url, '--uid', 'ada']
    expect((await me.run(['uid', 'export', ...whose])).stdout).toBe(identity(url))
    expect(await me.run(['uid', 'forget', ...whose])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    for (const what of ['forget', 'export']) {
      const { code, stdout, stderr } = await me.run(['uid', what, ...whose])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain(`there is no identity of ada for ${url}`)
    }
  })

  it('imports a file, for the server as it is called here, and never over another identity', async () => {
    const me = account()
    const file = join(me.folder, 'ada.json')
    writeFileSync(file, identity('http://elsewhere.example'))
    expect(await me.run(['uid', 'import', file, '--server', 'localhost:9000'])).toMatchObject({ code: 0 })
    expect((await me.run(['uid', 'list'])).stdout).toBe('ada  http://127.0.0.1:9000\n')
    const other = identity('http://127.0.0.1:9000', 'ada', 'd'.repeat(43))
    const { code, stderr } = await me.run(['uid', 'import'], { input: other })
    expect(code).toBe(1)
    expect(stderr).toContain('there is another identity of ada')
    expect((await me.run(['uid', 'export', '--server', '[::1]:9000', '--uid', 'ada'])).stdout).toContain(CLAIM)
  })

  it('refuses what is no identity, and repeats nothing of it', async () => {
    const me = account()
    for (const input of ['', 'secret-word', '{"server":"http://a","uid":"ada","claim":"secret-word"}', '[]', 'null']) {
      const { code, stderr } = await me.run(['uid', 'import'], { input })
      expect([input, code]).toEqual([input, 2])
      expect(stderr).toBe('poll-chat: this is not an identity; poll-chat uid export prints one\n')
    }
    expect((await me.run(['uid', 'import', join(me.folder, 'nothing')])).code).toBe(2)
    expect((await me.run(['uid', 'lsit'])).code).toBe(2)
    expect((await me.run(['uid'])).code).toBe(2)
  })
})

describe('an identity', () => {
  it('is made by whoever joins in the terminal; scripts of the same account use it, others are refused', async () => {
    const { url } = await startServer()
    const alice = new Person('alice', ['join', url])
    await alice.joined()
    alice.say('it is me')
    await alice.terminal.until(/✓ alice it is me/)
    const mine = await run(['send', '--server', url, '--uid', 'alice', '--json', 'me too'], { env: alice.env })
    expect(JSON.parse(mine.stdout).from).toEqual({ uid: 'alice', verified: true })
    const other = await run(['send', '--server', url, '--uid', 'alice', 'not me'])
    expect(other.code).toBe(4)
    expect(other.stderr).toMatch(/^poll-chat: "alice" is taken: .* --uid.*poll-chat uid --help\.\n$/)
    alice.terminal.type('\u0004')
    expect(await alice.left()).toMatchObject({ code: '0' })
    const rival = new Person('alice', ['join', url])
    expect(await rival.left()).toMatchObject({ code: '4' })
    expect(rival.terminal.screen).toContain('"alice" is taken')
    expect((await run(['uid', 'list'], { env: rival.env })).stdout).toBe('')
    await alice.dispose()
    await rival.dispose()
  })

  it('is not made by send and by pipes, which are let in all the same', async () => {
    const { url } = await startServer()
    const me = account()
    expect((await me.run(['send', '--server', url, 'hi'])).code).toBe(0)
    expect((await me.run(['join', url], { input: 'piped\n' })).code).toBe(0)
    expect((await me.run(['uid', 'list'])).stdout).toBe('')
  })

  it('comes from POLL_CHAT_CLAIM where nothing is kept; none acts without one', async () => {
    const { url } = await startServer()
    const send = (claim: string) =>
      account().run(['send', '--server', url, '--uid', 'ci', '--json', 'hi'], { env: { POLL_CHAT_CLAIM: claim } })
    expect(JSON.parse((await send('none')).stdout).from.verified).toBe(false)
    for (let round = 0; round < 2; round++) expect(JSON.parse((await send(CLAIM)).stdout).from.verified).toBe(true)
    expect((await send('none')).code).toBe(4)
    expect(await send('not-a-claim')).toMatchObject({
      code: 2,
      stderr: 'poll-chat: POLL_CHAT_CLAIM must hold 43 characters of base64url, or none\n',
    })
  })

  it('that cannot be read is no reason to act as anybody', async () => {
    const { url } = await startServer()
    const me = account()
    await me.run(['uid', 'import'], { input: identity(url) })
    const [file = ''] = me.files()
    writeFileSync(file, 'half')
    const { code, stderr } = await me.run(['send', '--server', url, '--uid', 'ada', 'hi'])
    expect(code).toBe(1)
    expect(stderr).toContain(file)
  })
})

describe('poll-chat admin', () => {
  it('finds the key of the server on this machine, which is made once', async () => {
    const data = temporaryFolder()
    const { url, server } = await startServer(['--data', data])
    const key = readFileSync(join(data, 'admin.key'), 'utf8')
    expect(key).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
    expect(statSync(join(data, 'admin.key')).mode & 0o777).toBe(0o600)
    const send = () => run(['send', '--server', url, '--uid', 'troll', 'hi'])
    const admin = (...args: string[]) => run(['admin', ...args, '--server', url, '--data', data])
    expect(await admin('ban', 'troll')).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await send()).toMatchObject({ code: 4, stderr: expect.stringContaining('"troll" is banned') })
    expect(await admin('unban', 'troll')).toMatchObject({ code: 0 })
    expect((await send()).code).toBe(0)
    expect(await admin('free', 'troll')).toMatchObject({ code: 0 })
    await run(['send', 'a secret', '--server', url, '--uid', 'bob'])
    const removed = 'poll-chat: message 2 of bob in lobby is deleted\n'
    expect(await admin('delete', 'lobby', '2')).toMatchObject({ code: 0, stdout: '', stderr: removed })
    const { stdout } = await run(['history', '--last', '1', '--server', url])
    expect(stdout).toMatch(/^..:.. bob: \(deleted by the operator\)\n$/)
    expect(await admin('delete', 'lobby', '3')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no message 3'),
    })
    expect(await admin('delete', 'lobby', '1~x')).toMatchObject({ code: 2 })
    expect(server.stdout).not.toContain(key.trim())
  })

  it('says where it looks for a key, and what a wrong one is', async () => {
    const { url } = await startServer()
    const none = await run(['admin', 'ban', 'troll', '--server', url])
    expect(none).toMatchObject({ code: 4, stderr: expect.stringContaining('--admin-key-file') })
    const wrong = await run(['admin', 'ban', 'troll', '--server', url], { env: { POLL_CHAT_ADMIN_KEY: 'wrong-one' } })
    expect(wrong.code).toBe(4)
    expect(wrong.stderr).not.toContain('wrong-one')
  })
})
