import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run, startServer, temporaryFolder } from './command.ts'

it('copies the log while it is in use; a server starts on the copy and has every message', async () => {
  const data = temporaryFolder()
  const { url } = await startServer(['--data', data])
  const input = Array.from({ length: 300 }, (_, i) => `${i}\n`).join('')
  await run(['send', '--lines', '--server', url, '--uid', 'ada'], { input })
  const restored = join(temporaryFolder(), 'restored')
  mkdirSync(restored)
  const file = join(restored, 'poll-chat.db')
  const backup = (...args: string[]) => run(['backup', file, '--server', url, '--data', data, ...args])

  const meanwhile = run(['send', '--lines', '--server', url, '--uid', 'bob'], { input })
  const { code, stdout, stderr } = await backup()
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect(Number(/(\d+) messages in 1 rooms\n$/.exec(stderr)?.[1])).toBeGreaterThanOrEqual(300)
  await meanwhile
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(restored)).toEqual(['poll-chat.db'])

  const before = readFileSync(file)
  expect(await backup()).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') })
  expect(readFileSync(file).equals(before)).toBe(true)
  expect((await backup('--force')).code).toBe(0)

  const other = await startServer(['--data', restored])
  const history = (from: string) => run(['history', '-n', '1000', '--json', '--server', from])
  expect((await history(other.url)).stdout).toBe((await history(url)).stdout)
})

it('leaves nothing, and what was there, when the server refuses or nobody answers', async () => {
  const { url } = await startServer()
  const folder = temporaryFolder()
  const file = join(folder, 'copy.db')
  writeFileSync(file, 'mine')
  const env = { POLL_CHAT_ADMIN_KEY: 'wrong-one' }
  const backup = (server: string) => run(['backup', file, '--force', '--server', server], { env })
  const refused = await backup(url)
  expect(refused.code).toBe(4)
  expect(refused.stderr).not.toContain('wrong-one')
  expect(refused.stderr).toContain('"Authorization: Bearer ')
  expect((await backup('127.0.0.1:9')).code).toBe(3)
  expect(readFileSync(file, 'utf8')).toBe('mine')
  expect(readdirSync(folder)).toEqual(['copy.db'])
})
