/** A server that puts what a terminal obeys into every field of every answer. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from './command.ts'
import { Person } from './e2e/fixture/people.ts'
import { INFO, startFake } from './fake-server.ts'

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

const presence = { version: 'v1', count: 1, typing: [who.uid], here: [who] }

/** The messages come after the cursor 6, so that they are news to who waits. */
function data({ method, path }: { method: string; path: string }): [number, object] {
  if (path === '/v1') return [200, { ...INFO, version: `1.0.0${HOSTILE}` }]
  if (path === '/v1/rooms') return [200, { rooms: [{ room: `tea${HOSTILE}`, newest: '7', at: HOSTILE }] }]
  if (path.includes('/presence')) return [200, presence]
  if (path.startsWith('/v1/search')) return [200, { messages: [said] }]
  if (path.startsWith('/v1/uids')) return [200, { uid: who.uid, claimed: true, banned: true }]
  if (method === 'POST') return [201, { message: { ...said, index: 6 }, next: '6' }]
  if (/after=7/.test(path)) return [200, { messages: [], next: '7', presence }]
  if (/after=/.test(path)) return [200, { messages: [said], next: '7', presence }]
  return [200, { messages: [{ ...said, index: 6 }], next: '6' }]
}

function refusal({ path }: { path: string }): [number, object] {
  if (path === '/v1') return [200, { ...INFO, version: `1.0.0${HOSTILE}` }]
  return [400, { type: HOSTILE, title: HOSTILE, status: 400, code: `bad${HOSTILE}`, detail: `No ${HOSTILE}` }]
}

/** What takes more than this server gives, and says so. */
const FAILS = ['backup', 'doctor']

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
    const { code, stdout, stderr } = await run(args, { env, input: args[0] === 'join' ? '/quit\n' : '' })
    if (answer === data && !FAILS.includes(args[0] ?? '')) expect(code, stderr).toBe(0)
    expect(stdout).not.toMatch(OBEYED)
    expect(stderr).not.toMatch(OBEYED)
    if (!args.includes('--json')) expect(stdout + stderr).not.toContain('owned')
  })
})

it('nor by the full screen: messages, names, rooms, who is here and types, what is found and refused', {
  timeout: 120_000,
}, async () => {
  const { url } = await startFake((asked) => (asked.method === 'POST' ? refusal(asked) : data(asked)))
  const alice = new Person('alice', ['join', url, '--mode', 'poll'])
  onTestFinished(() => alice.dispose())
  const { terminal } = alice
  await alice.joined()
  await terminal.until('1 here')
  const before = terminal.modes
  for (const [typed, shown] of [
    ['hello', 'Alt-R'],
    ['/who', 'Here now:'],
    ['/room', 'Rooms:'],
    ['/find yes', 'find: yes'],
  ] as const) {
    alice.say(typed)
    await terminal.until(shown)
  }
  expect(terminal.modes).toEqual(before)
  expect(terminal.title).toBe('')
  expect(terminal.screen).toContain('yes')
  expect(terminal.screen).not.toContain('owned')
  expect(terminal.screen).not.toMatch(OBEYED)
})
