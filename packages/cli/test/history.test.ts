import { expect, it } from 'vitest'
import { run, startServer, temporaryFolder } from './command.ts'

it('prints a part of the past, or all of it', async () => {
  const { url } = await startServer(['--data', temporaryFolder()])
  const input = Array.from({ length: 1_200 }, (_, i) => `${i + 1}\n`).join('')
  expect(await run(['send', '--lines', '--server', url], { input })).toMatchObject({ code: 0 })
  const history = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['history', '--json', '--server', url, ...args])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line): number => JSON.parse(line).index)
  }
  const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
  expect(await history()).toEqual(from(1_181, 1_200))
  expect(await history('-n', '3', '--before', '10')).toEqual([7, 8, 9])
  expect(await history('-n', '700', '--before', '1001')).toEqual(from(301, 1_000))
  expect(await history('--all')).toEqual(from(1, 1_200))
  expect(await history('--all', '--before', '601')).toEqual(from(1, 600))
  expect(await history('--before', '1')).toEqual([])
  expect(await history('--room', 'empty', '--all')).toEqual([])

  expect((await run(['history', '-n', '1', '--server', url])).stdout).toMatch(/^\d\d:\d\d \S+: 1200\n$/)
  for (const all of [[], ['--all']])
    expect(await run(['history', '--before', '5000', ...all, '--server', url])).toMatchObject({ code: 1, stdout: '' })
})

it.each([
  [['--before', 'x'], 'is not a cursor'],
  [['--all', '-n', '5'], 'not both'],
  [['-n', '0'], '--last takes'],
])('%j is refused', async (args, why) => {
  const { code, stderr } = await run(['history', ...args])
  expect(stderr).toContain(why)
  expect(code).toBe(2)
})
