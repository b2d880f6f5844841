/** Every example of every help is a command line that is accepted. */
import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { en } from '../src/messages/en/index.ts'
import { BIN, cleanEnv, killGroup, startServer, temporaryFolder } from './command.ts'

/** What needs a server that is there, and so it gets one; the others get as far as asking one. */
const WITH_SERVER = ['doctor', 'uid', 'admin', 'backup']

/** Servers have tests below; what works on a log that no server has open, and on clusters, has tests of its own. */
const ELSEWHERE = ['serve', 'export', 'import']

function examplesOf(name: string): string[] {
  const texts = Object.entries(en).find(([command]) => command === name)?.[1]
  if (typeof texts !== 'object' || !('summary' in texts && 'help' in texts)) return []
  const [, examples = ''] = texts.help.split('Examples:\n')
  return (examples.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim().split(/ {2,}/)[0] ?? '')
}

const ANYWHERE = Object.keys(en)
  .filter((name) => ![...ELSEWHERE, ...WITH_SERVER].includes(name))
  .flatMap(examplesOf)

/** A folder to run lines in, with programs that stand for those of other machines. */
class Shell {
  readonly folder = temporaryFolder()
  readonly #env: Record<string, string>
  readonly #codes = join(this.folder, 'codes')

  /** @param more of the command line, behind what is written */
  constructor(env: Record<string, string>, more = '') {
    const command = `"${process.execPath}" "${BIN}" "$@" ${more}`
    this.#program('poll-chat', `${command}; code=$?; echo $code >> '${this.#codes}'; exit $code`)
    for (const tool of ['make', 'git']) this.#program(tool, 'echo "what it says"')
    this.#program('ssh', 'shift; XDG_DATA_HOME="$PWD/other-machine" exec "$@"')
    writeFileSync(join(this.folder, 'notes.txt'), 'a note\n')
    this.#env = { ...cleanEnv(env), PATH: `${this.folder}${delimiter}${process.env.PATH}` }
  }

  /** Starts a line in bash. */
  start(line: string) {
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    const child = spawn('bash', ['-c', line], { cwd: this.folder, env: this.#env, stdio: [...stdio], detached: true })
    onTestFinished(() => killGroup(child.pid))
    return child
  }

  /** Runs a line, and gives the exit codes of every poll-chat in it. */
  async codesOf(line: string): Promise<string[]> {
    writeFileSync(this.#codes, '')
    const child = this.start(line)
    child.stdout.resume()
    await new Promise((resolve) => child.on('close', resolve))
    return readFileSync(this.#codes, 'utf8').trim().split('\n')
  }

  #program(name: string, script: string): void {
    writeFileSync(join(this.folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
}

const SERVER = /(https?:\/\/)?chat\.example(:\d+)?/g

describe('the examples', () => {
  it('are there', () => expect(ANYWHERE.length).toBeGreaterThan(30))

  it('are accepted, all of them', { timeout: 120_000 }, async () => {
    const run = async (example: string) => {
      const shell = new Shell({ POLL_CHAT_SERVER: '127.0.0.1:9' })
      return { example, codes: await shell.codesOf(example.replaceAll(SERVER, '127.0.0.1:9')) }
    }
    for (const { example, codes } of await Promise.all(ANYWHERE.map(run)))
      for (const code of codes) expect(['0', '3'], `${example} ended with ${code}`).toContain(code)
  })

  it.each(WITH_SERVER)('of %s do what they say with a server that is there', { timeout: 120_000 }, async (name) => {
    const data = temporaryFolder()
    const { url } = await startServer(['--data', data])
    const env = { POLL_CHAT_SERVER: url, POLL_CHAT_UID: 'ada', POLL_CHAT_ADMIN_KEY: keyIn(data) }
    const shell = new Shell(env, name === 'doctor' ? '--seconds 5' : '') // half a minute of waiting shows no more
    copyFileSync(join(data, 'admin.key'), join(shell.folder, 'admin.key'))
    if (name === 'admin') expect(await shell.codesOf('poll-chat send --room lobby delete me')).toEqual(['0'])
    if (name === 'uid') {
      const identity = JSON.stringify({ server: url, uid: 'ada', claim: 'c'.repeat(43) })
      expect(await shell.codesOf(`echo '${identity}' | poll-chat uid import`)).toEqual(['0'])
    }
    const examples = examplesOf(name)
    expect(examples.length).toBeGreaterThan(2)
    for (const example of examples) {
      const line = example.replaceAll(SERVER, url).replaceAll('/srv/chat', data).replace('4711', '1')
      for (const code of await shell.codesOf(line)) expect(code, example).toBe('0')
      rmSync(join(shell.folder, 'chat.db'), { force: true }) // the next backup must find none
    }
  })

  it.each(examplesOf('serve'))('serves: %s', { timeout: 60_000 }, async (example) => {
    const shell = new Shell({}, example.includes('--port') ? '' : '--port 0')
    writeFileSync(join(shell.folder, 'key'), 'a-long-secret\n')
    const line = example
      .replace('--port 9000', '--port 0')
      .replace('0.0.0.0', '127.0.0.1') // nobody else gets in while this runs
      .replace('/etc/poll-chat.key', 'key')
      .replace('/srv/chat', 'data')
      .replace(/nats:\S+/, 'memory:') // a cluster has tests of its own
    const child = shell.start(line)
    const said = await new Promise<string>((resolve) => {
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (/Serving at .*\n/.test(output)) resolve(output)
      })
      child.on('close', () => resolve(`it ended; ${output}`))
    })
    const url = /Serving at (http:\/\/[^\s,]+\d)/.exec(said)?.[1]
    expect(await (await fetch(`${url}/healthz`)).text(), said).toBe('ok\n')
  })
})

/** The operator's key, which a server keeps beside its log. */
function keyIn(data: string): string {
  return readFileSync(join(data, 'admin.key'), 'utf8').trim()
}
