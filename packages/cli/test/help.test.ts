import { describe, expect, it } from 'vitest'
import { run } from './command.ts'

const COMMANDS = [
  'join',
  'send',
  'tail',
  'history',
  'rooms',
  'who',
  'search',
  'wait',
  'ask',
  'serve',
  'config',
  'complete',
]

describe('--help', () => {
  it.each([[], ...COMMANDS.map((name) => [name])])(
    '%s has examples and exit codes on standard output',
    async (...command) => {
      const { code, stdout, stderr } = await run([...command, '--help'])
      expect(code).toBe(0)
      expect(stderr).toBe('')
      expect(stdout).toContain('Examples:')
      expect(stdout).toContain('Exit codes:')
      expect(stdout).toContain('POLL_CHAT_KEY')
    },
  )

  it.each(COMMANDS)('%s: every flag of its examples exists', async (command) => {
    const { stdout } = await run([command, '--help'])
    const [options = '', examples = ''] = stdout.split('Examples:')
    for (const [flag] of examples.matchAll(/ --?[a-z][a-z-]*/g))
      if (!examples.includes(`git log${flag}`) && !examples.includes(`jq${flag}`))
        expect(options).toContain(flag.trim())
  })

  it('names every command', async () => {
    const { stdout } = await run(['--help'])
    for (const command of [...COMMANDS, 'uid', 'admin', 'backup', 'export', 'import'])
      expect(stdout).toContain(`\n  ${command} `)
  })

  it('is at most 120 columns wide', async () => {
    for (const command of ['send', 'serve', 'uid', 'admin', 'backup', 'export', 'import']) {
      const { stdout } = await run([command, '--help'])
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
    }
  })
})

describe('the command line', () => {
  it('--version prints the version', async () =>
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n', stderr: '' }))

  it.each([
    [['jion'], "unknown command 'jion' (did you mean join?)"],
    [['help', 'jion'], 'there is no such command'],
    [['send', '--rom', 'x', 'hi'], "unknown option '--rom' (did you mean --room?)"],
    [['--prot', '1'], "unknown option '--prot'"],
    [['serve', 'here'], 'too many arguments'],
    [['send', '--room'], "option '--room <name>' argument missing"],
    [['send', '--room', 'a b', 'hi'], '"a b" cannot be the name of a room'],
    [['send', '--uid', '..', 'hi'], '".." cannot be a uid'],
    [['send', '--id', 'a b', 'hi'], '"a b" cannot be an id'],
    [['send', ' '], 'The text is empty'],
    [['send', '--timeout', '0', 'hi'], '--timeout takes'],
    [['tail', '-n', '-1'], '--last takes'],
    [['tail', '--mode', 'fast'], '--mode is one of auto, long, poll, sse, ws, not "fast"'],
    [['join', 'host:1', '--server', 'host:2'], 'the server was given twice'],
    [['serve', '--port', '65536'], '--port takes'],
    [['serve', '--log-level', 'loud'], '--log-level is one of silent, error, warn, info, debug, not "loud"'],
  ])('%j is refused in one sentence, with exit code 2', async (args, sentence) => {
    const { code, stdout, stderr } = await run(args)
    expect(stderr).toContain(`poll-chat: ${sentence}`)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})

describe('an older Node', () => {
  const pretend = (version: string) =>
    `--import=data:text/javascript,${encodeURIComponent(
      `Object.defineProperties(process, { version: { value: 'v${version}' }, versions: { value: { node: '${version}' } } })`,
    )}`

  it.each(['20.20.2', '22.18.0', '12.22.0'])('%s is told which one is needed', async (version) => {
    const { code, stderr } = await run(['--version'], { node: [pretend(version)] })
    expect(stderr).toBe(`poll-chat needs Node 22.19 or newer; this is v${version}.\n`)
    expect(code).toBe(1)
  })

  it.each(['22.19.0', '24.0.0'])('%s is good', async (version) =>
    expect(await run(['--version'], { node: [pretend(version)] })).toMatchObject({ code: 0 }),
  )
})
