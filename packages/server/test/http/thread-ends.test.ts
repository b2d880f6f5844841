import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'

/** Runs a server of three threads until its process ends by itself. */
async function run(what: 'close' | 'ends' | 'fails' | 'cannot-start' | 'log-ends' | 'log-fails') {
  const program = fileURLToPath(new URL('./thread-process.ts', import.meta.url))
  const engine = `sqlite:${join(temporaryFolder(), 'chat.db')}`
  const child = spawn(process.execPath, [program, engine, what], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out, err, code }
}

it('a server of several threads that is closed leaves nothing that keeps its process alive', async () => {
  expect(await run('close')).toMatchObject({ out: 'started\n', code: 0 })
})

it('a thread that ends by itself ends the process with an error', async () => {
  const { err, code } = await run('ends')
  expect(err).toContain('An HTTP thread has ended by itself')
  expect(code).toBeGreaterThan(0)
})

it('a thread that fails ends the process with its error', async () => {
  const { err, code } = await run('fails')
  expect(err).toContain('on purpose')
  expect(code).toBeGreaterThan(0)
})

it('a log whose thread ends by itself ends the process with an error', async () => {
  const { err, code } = await run('log-ends')
  expect(err).toContain("The log's thread has ended by itself: code 1")
  expect(code).toBeGreaterThan(0)
})

it('a log whose thread fails ends the process, and says what it failed of', async () => {
  const { err, code } = await run('log-fails')
  expect(err).toMatch(/The log's thread has ended by itself: .*cause.*TypeError/s)
  expect(code).toBeGreaterThan(0)
})

it('when one thread cannot start, the server does not, and nothing is left open', async () => {
  expect(await run('cannot-start')).toMatchObject({
    out: 'StartError: This machine has no address 192.0.2.1.\n',
    code: 0, // it ended by itself: neither a socket nor a thread kept it alive
  })
})
