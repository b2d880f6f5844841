/** A server that puts what a terminal obeys into every field of every answer. */
import { describe, expect, it } from 'vitest'
import { run } from './command.ts'
import { startFake } from './fake-server.ts'

/** Title, clipboard, modes, a reset, the cursor, C1 forms, tmux's envelope, bidi, a link, a forged line. */
const HOSTILE = [
  '\x1b]0;owned\x07',
  '\x1b]52;c;b3duZWQ=\x07',
  '\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H',
  '\x1bc',
  '\x9d0;owned\x9c\x9b31m',
  '\x1bPtmux;\x1b\x1b]0;owned\x07\x1b\\',
  '\u202eevil\u2066\u200b',
  '\x1b]8;;file:///etc\x07l',
  'x\r\x08\x08y\x7f\u2028z\u0085',
].join(' ')

// biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/

const who = { uid: `eve${HOSTILE}`, verified: false }

const said = { index: 7, id: `id${HOSTILE}`, room: `tea${HOSTILE}`, from: who, text: `yes ${HOSTILE}`, at: HOSTILE }

const INFO = {
  name: `poll-chat${HOSTILE}`,
  version: `1.0.0${HOSTILE}`,
  api: 1,
  auth: 'none',
  limits: {
    text_bytes: 16_384,
    name_characters: 64,
    batch_default: 100,
    batch_max: 500,
    wait_default_s: 25,
    wait_max_s: 55,
  },
}

/** The messages come after the cursor 6, so that they are news to who waits. */
function data({ method, path }: { method: string; path: string }): [number, object] {
  if (path === '/v1') return [200, INFO]
  if (path === '/v1/rooms') return [200, { rooms: [{ room: `tea${HOSTILE}`, newest: '7', at: HOSTILE }] }]
  if (path.includes('/presence')) return [200, { version: HOSTILE, count: 1, typing: [who.uid], here: [who] }]
  if (path.startsWith('/v1/search')) return [200, { messages: [said] }]
  if (path.startsWith('/v1/uids')) return [200, { uid: who.uid, claimed: true, banned: true }]
  if (method === 'POST') return [201, { message: { ...said, index: 6 }, next: '6' }]
  if (/after=7/.test(path)) return [200, { messages: [], next: '7' }]
  if (/after=/.test(path)) return [200, { messages: [said], next: '7' }]
  return [200, { messages: [{ ...said, index: 6 }], next: '6' }]
}

const refusal = (): [number, object] => [
  400,
  { type: HOSTILE, title: HOSTILE, status: 400, code: `bad${HOSTILE}`, detail: `No ${HOSTILE}` },
]

const COMMANDS: [...string[]][] = [
  ['send', 'hi', '--json'],
  ['send', 'hi'],
  ['tail', '--no-follow'],
  ['tail', '--no-follow', '--json'],
  ['tail', '--no-follow', '--since', '1'],
  ['rooms'],
  ['rooms', '--json'],
  ['who'],
  ['who', '--json'],
  ['search', 'x'],
  ['search', 'x', '--json'],
  ['history'],
  ['history', '--json'],
  ['wait', '--match', 'yes', '--mode', 'poll'],
  ['wait', '--match', 'yes', '--json', '--mode', 'poll'],
  ['ask', 'Deploy?', '--choices', 'yes,no', '--mode', 'poll'],
  ['ask', 'Deploy?', '--choices', 'yes,no', '--json', '--mode', 'poll'],
  ['join', '--uid', 'ada', '--mode', 'poll'],
  ['join', '--uid', 'ada', '--mode', 'poll', '--screen-reader'],
  ['admin', 'free', 'eve'],
  ['admin', 'ban', 'eve'],
  ['backup', 'copy.db'],
  ['complete', '--', 'tail', '--room', ''],
  ['doctor', '--json', '--seconds', '5'],
]

describe.each([
  ['data', data, COMMANDS],
  ['refusals', refusal, COMMANDS.filter((args) => !args.includes('--json') && args[0] !== 'complete')],
])('hostile %s reach no terminal', (_what, answer, commands) => {
  it.each(commands)('by poll-chat %s %s %s', { timeout: 90_000 }, async (...args) => {
    const { url } = await startFake(answer)
    const env = { POLL_CHAT_SERVER: url, POLL_CHAT_ADMIN_KEY: 'key' }
    const { stdout, stderr, signal } = await run(args, { env, input: args[0] === 'join' ? '/quit\n' : '' })
    expect(signal).toBeNull()
    expect(stdout).not.toMatch(OBEYED)
    expect(stderr).not.toMatch(OBEYED)
    if (!args.includes('--json')) expect(stdout + stderr).not.toContain('owned')
  })
})
