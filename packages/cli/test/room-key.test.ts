import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@poll-chat/client'
import { expect, it } from 'vitest'
import { run, startServer, temporaryFolder, waiting } from './command.ts'

/** A server, and what runs a command there, with the key of a private room or without one. */
async function rooms() {
  const { url } = await startServer()
  const keyFile = join(temporaryFolder(), 'team.key')
  writeFileSync(keyFile, 'correct-horse\n')
  const at = (...args: string[]) => run([...args, '--server', url])
  const inside = (...args: string[]) => at(...args, '--room-key-file', keyFile)
  return { url, at, inside, keyFile }
}

it('every command that has a room takes its key, and without it knows nothing of the room', async () => {
  const { url, at, inside } = await rooms()
  expect(await at('send', 'for all', '--uid', 'bob')).toMatchObject({ code: 0, stderr: '' })
  expect(await inside('send', 'secret plan', '--uid', 'ada')).toMatchObject({ code: 0, stderr: '' })
  for (const command of [
    ['history'],
    ['history', '--all'],
    ['tail', '--no-follow'],
    ['search', 'plan'],
    ['search', 'all'],
    ['join', '--plain'],
  ]) {
    const outside = await at(...command)
    const within = await inside(...command)
    expect([outside.code, within.code], command.join(' ')).toEqual([0, 0])
    expect(outside.stdout).not.toContain('secret plan')
    expect(within.stdout).not.toContain('for all')
    expect(outside.stdout + within.stdout).toMatch(/secret plan|for all/)
  }
  const listed = await inside('rooms', '--json')
  expect(listed.code === 2 || listed.stdout.split('\n').length === 2).toBe(true)
  const variable = { env: { POLL_CHAT_ROOM_KEY: 'correct-horse' } }
  expect((await run(['history', '--server', url], variable)).stdout).toContain('secret plan')
})

it('wait, ask and who too', async () => {
  const { url, at, inside, keyFile } = await rooms()
  const heard = await waiting(['wait', '--match', 'go', '--server', url, '--room-key-file', keyFile])
  await at('send', 'go for all')
  await inside('send', 'go in here', '--uid', 'ada')
  expect((await heard.ended).stdout).toContain('ada: go in here')
  const roomKeys = () => 'correct-horse'
  const ada = createClient({ url, uid: 'ada', roomKeys })
  const asking = inside('ask', 'ready?', '--uid', 'ci', '--timeout', '60')
  await expect
    .poll(async () => (await ada.history('lobby')).messages.at(-1)?.text, { timeout: 30_000 })
    .toMatch('ready?')
  await createClient({ url, uid: 'bob' }).send('no', { room: 'lobby' })
  await ada.send('yes', { room: 'lobby' })
  expect(await asking).toMatchObject({ code: 0, stdout: 'yes\n' })
  expect(await inside('who')).toMatchObject({ code: 0, stdout: '' })
})

it('a command that tail runs speaks in the same room', async () => {
  const { url, inside, keyFile } = await rooms()
  await inside('send', 'ping', '--uid', 'ada')
  const tail = [
    'tail',
    '--no-follow',
    '--last',
    '1',
    '--exec',
    'test "$POLL_CHAT_ROOM_KEY" = correct-horse && echo same',
  ]
  expect((await run([...tail, '--server', url, '--room-key-file', keyFile])).stdout).toBe('same\n')
})

it('room-key makes a key that is another each time, in a file of its owner alone', async () => {
  const file = join(temporaryFolder(), 'new.key')
  expect(await run(['room-key', file])).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
  const key = readFileSync(file, 'utf8')
  expect(key).toMatch(/^[A-Za-z0-9_-]{32}\n$/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await run(['room-key', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') })
  expect(readFileSync(file, 'utf8')).toBe(key)
  const { stdout } = await run(['room-key'])
  expect(stdout).toMatch(/^[A-Za-z0-9_-]{32}\n$/)
  expect(stdout).not.toBe(key)
})

it.each(['', 'short', 'two words', 'a,comma,here'])(
  'a file with no room key (%j) is refused, and not repeated',
  async (text) => {
    const file = join(temporaryFolder(), 'bad.key')
    writeFileSync(file, text)
    const { code, stdout, stderr } = await run(['send', 'hi', '--room-key-file', file])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(file)
    if (text !== '') expect(stderr).not.toContain(text)
  },
)
