/** Every example of every help is a command line that is accepted: with no server there, it gets as far as asking one. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { en } from '../src/messages/en/index.ts'
import { BIN, cleanEnv, killGroup, temporaryFolder } from './command.ts'

/**
 * Serving would open ports to others, `doctor` looks for half a minute, and identities and the operator's key lie on the
 * machine of whoever has them: all have tests of their own.
 */
const NOT_RUN = new Set(['serve', 'doctor', 'uid', 'admin', 'backup', 'export', 'import'])

function examplesOf(help: string): string[] {
  const [, examples = ''] = help.split('Examples:\n')
  return (examples.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim().split(/ {2,}/)[0] ?? '')
}

const EXAMPLES = Object.entries(en).flatMap(([name, texts]): string[] =>
  !NOT_RUN.has(name) && 'summary' in texts && 'help' in texts ? examplesOf(texts.help) : [],
)

/** Runs a line in bash and gives the exit codes of every poll-chat in it. */
async function codesOf(example: string): Promise<string[]> {
  const folder = temporaryFolder()
  const codes = join(folder, 'codes')
  const program = (name: string, script: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  program('poll-chat', `"${process.execPath}" "${BIN}" "$@"; code=$?; echo $code >> '${codes}'; exit $code`)
  for (const tool of ['make', 'git']) program(tool, 'echo "what it says"')
  writeFileSync(join(folder, 'notes.txt'), 'a note\n')
  const env = { ...cleanEnv({ POLL_CHAT_SERVER: '127.0.0.1:9' }), PATH: `${folder}${delimiter}${process.env.PATH}` }
  const here = example.replaceAll(/(https?:\/\/)?chat\.example(:\d+)?/g, '127.0.0.1:9')
  const child = spawn('bash', ['-c', here], { cwd: folder, env, stdio: 'ignore', detached: true })
  onTestFinished(() => killGroup(child.pid))
  await new Promise((resolve) => child.on('close', resolve))
  return readFileSync(codes, 'utf8').trim().split('\n')
}

describe('the examples', () => {
  it('are there', () => expect(EXAMPLES.length).toBeGreaterThan(30))

  it('are accepted, all of them', async () => {
    const answers = await Promise.all(EXAMPLES.map(async (example) => ({ example, codes: await codesOf(example) })))
    for (const { example, codes } of answers)
      for (const code of codes) expect(['0', '3'], `${example} ended with ${code}`).toContain(code)
  })
})
