import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Running, run, startServer, temporaryFolder } from './command.ts'

async function stop({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM')
  await ended
}

/** A folder with the log of a server that has ended. */
async function filledFolder(): Promise<string> {
  const data = temporaryFolder()
  const { url, server } = await startServer(['--data', data])
  const input = Array.from({ length: 1200 }, (_, i) => `line ${i}\n`).join('')
  await run(['send', '--lines', '--server', url, '--uid', 'ada'], { input })
  await run(['send', '--server', url, '--room', 'ops', '--uid', 'bob', 'done'])
  await stop(server)
  return data
}

const history = async (data: string) => {
  const { url, server } = await startServer(['--data', data])
  const { stdout } = await run(['history', '-n', '2000', '--json', '--server', url])
  await stop(server)
  return stdout
}

it('moves a log as it is into another folder, from which a server starts', async () => {
  const from = await filledFolder()
  const folder = temporaryFolder()
  const file = join(folder, 'chat.jsonl')
  expect(await run(['export', file, '--data', from])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: `poll-chat: ${file}: 1201 messages in 2 rooms\n`,
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['chat.jsonl'])
  expect((await run(['export', file, '--data', from])).code).toBe(2)
  const piped = await run(['export', '-', '--data', from])
  const lines = (text: string) => text.split('\n').slice(1, -2)
  expect(lines(piped.stdout)).toEqual(lines(readFileSync(file, 'utf8')))

  const to = join(temporaryFolder(), 'new')
  const first = await run(['import', file, '--data', to])
  expect(first).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('are there, 1201 of them new\n') })
  expect((await run(['import', file, '--data', to])).stderr).toContain('are there, 0 of them new\n')
  expect(await history(to)).toBe(await history(from))
})

it('says in one sentence why not, and leaves nothing', async () => {
  const from = await filledFolder()
  const folder = temporaryFolder()
  const file = join(folder, 'chat.jsonl')
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(args)
    expect([stdout, stderr.trimEnd().split('\n').length <= 2]).toEqual(['', true])
    return `${code} ${stderr}`
  }
  expect(await refused('export', file, '--data', join(folder, 'nothing'))).toMatch(/^1 poll-chat: there is no log at/)
  expect(await refused('export', file, '--data', ':memory:')).toMatch(/^1 .*nothing to export/)
  expect(await refused('export', join(folder, 'no', 'x.jsonl'), '--data', from)).toMatch(/^1 .*could not be written/)
  const { server } = await startServer(['--data', from])
  expect(await refused('export', file, '--data', from)).toMatch(/^1 .*in use/)
  await stop(server)
  expect(await refused('import', '-', '--data', from)).toMatch(/^2 /)
  writeFileSync(file, 'something else\n')
  expect(await refused('import', file, '--data', from)).toMatch(/^1 (.|\n)*is no export of poll-chat/)
  expect(readdirSync(folder)).toEqual(['chat.jsonl'])
})
