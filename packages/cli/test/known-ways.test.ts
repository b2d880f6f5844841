import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { waysIn } from '../src/known-ways.ts'
import { temporaryFolder } from './command.ts'

it('remembers for a day, and for each server, what passed', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 22) })
  const path = join(temporaryFolder(), 'cache', 'ways.json')
  waysIn(path, 'http://a').set({ way: 'sse' })
  waysIn(path, 'http://b').set({ waitSeconds: 10 })
  expect(waysIn(path, 'http://a').get()).toMatchObject({ way: 'sse' })
  expect(waysIn(path, 'http://b').get()).toMatchObject({ waitSeconds: 10 })
  expect(waysIn(path, 'http://c').get()).toBeUndefined()
  vi.setSystemTime(Date.UTC(2026, 10, 23, 0, 0, 1))
  expect(waysIn(path, 'http://a').get()).toBeUndefined()
  vi.useRealTimers()
})

it('remembers nothing where it cannot, and takes nothing that it did not write', () => {
  const path = join(temporaryFolder(), 'ways.json')
  for (const foreign of ['', 'null', '[1]', '{"http://a":{"way":"pigeon","at":1e15}}']) {
    writeFileSync(path, foreign)
    expect(waysIn(path, 'http://a').get()).toBeUndefined()
  }
  const nowhere = join(path, 'ways.json')
  waysIn(nowhere, 'http://a').set({ way: 'ws' })
  expect(existsSync(nowhere)).toBe(false)
})
