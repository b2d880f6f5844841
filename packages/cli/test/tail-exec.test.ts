import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run, start, startServer, temporaryFolder } from './command.ts'
import { message, startFake } from './fake-server.ts'

it('runs the command for each message that comes, one after the other, with the message in environment and input', async () => {
  const { url } = await startServer()
  const send = (...args: string[]) => run(['send', '--uid', 'ada', '--room', 'tea', '--server', url, ...args])
  await send('of the past')
  const notes = join(temporaryFolder(), 'notes')
  const command = `echo begin; read -r json; printf '%s\\n' "$json" >> '${notes}'; sleep 0.1
    printf '%s\\n' "$POLL_CHAT_FROM/$POLL_CHAT_ROOM/$POLL_CHAT_VERIFIED: $POLL_CHAT_TEXT"`
  const tail = start(['tail', '--exec', command, '--room', 'tea', '--server', url])
  while (tail.stdout === '') await send('are you there?')
  const texts = ['hello $(touch x) `id` "\'\\n', 'two\nlines', 'three']
  for (const text of texts) await send(text)
  await tail.until(({ stdout }) => stdout.includes('three'))
  const outputs = tail.stdout.replaceAll(/begin\nada\/tea\/false: are you there\?\n/g, '')
  expect(outputs).toBe(texts.map((text) => `begin\nada/tea/false: ${text}\n`).join(''))
  const inputs = readFileSync(notes, 'utf8').trim().split('\n').slice(-3)
  expect(inputs.map((line) => JSON.parse(line))).toMatchObject(texts.map((text) => ({ from: { uid: 'ada' }, text })))
  expect(tail.stderr).toBe('')
})

it('says which message a command failed on, and goes on', async () => {
  const { url } = await startServer()
  for (const text of ['one', 'two', 'three']) await run(['send', text, '--server', url])
  const command =
    'if [ "$POLL_CHAT_TEXT" = two ]; then kill -9 $$; fi; echo "$POLL_CHAT_TEXT"; [ "$POLL_CHAT_TEXT" != one ]'
  const { code, stdout, stderr } = await run([
    'tail',
    '--since',
    'all',
    '--no-follow',
    '--exec',
    command,
    '--server',
    url,
  ])
  expect(stdout).toBe('one\nthree\n')
  expect(stderr).toBe(
    'poll-chat: the command failed on message 1 (1)\npoll-chat: the command failed on message 2 (SIGKILL)\n',
  )
  expect(code).toBe(0)
})

it('answers by poll-chat send go to the same server and room, as oneself and not as the sender', async () => {
  const { url, asked } = await startFake(({ path, method }) =>
    path === '/v1' || method === 'POST'
      ? undefined
      : [200, { messages: path.includes('after=0') ? [message(1, 'ping')] : [], next: '1' }],
  )
  const env = { POLL_CHAT_UID: 'bot', POLL_CHAT_KEY: 'secret' }
  const command = `"${process.execPath}" "${join(import.meta.dirname, '../bin/poll-chat.js')}" send "pong $POLL_CHAT_TEXT"`
  expect(await run(['tail', '--since', '0', '--no-follow', '--exec', command, '--server', url], { env })).toMatchObject(
    { code: 0, stderr: '' },
  )
  const sent = asked.find(({ method }) => method === 'POST')
  expect(sent?.path).toBe('/v1/rooms/lobby/messages')
  expect(sent?.key).toBe('Bearer secret')
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({ uid: 'bot', text: 'pong ping' })
})

it('keeps control characters out of the environment, but not out of the JSON', async () => {
  const evil = 'a\u0000b\u001b]0;owned\u0007\u009b31mc\nd'
  const { url } = await startFake(({ path }) =>
    path === '/v1'
      ? undefined
      : [200, { messages: path.includes('after=0') ? [message(1, evil, 'e\u001b[2Jvil')] : [], next: '1' }],
  )
  const command = 'printf "%s" "$POLL_CHAT_FROM:$POLL_CHAT_TEXT" | od -An -c | tr -d " \\n"; echo; cat'
  const { stdout } = await run(['tail', '--since', '0', '--no-follow', '--exec', command, '--server', url])
  const [text, json = ''] = stdout.trim().split('\n')
  expect(text).toBe('evil:abc\\nd')
  expect(JSON.parse(json).text).toBe(evil)
})

it.each([
  [['--exec', ' '], 'takes a shell command'],
  [['--exec', 'cat', '--json'], 'leave out --json'],
])('%j is refused', async (args, why) => {
  const { code, stderr } = await run(['tail', ...args])
  expect(stderr).toContain(why)
  expect(code).toBe(2)
})
