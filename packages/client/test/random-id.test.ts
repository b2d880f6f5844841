import { ID_PATTERN } from '@poll-chat/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { randomId } from '../src/random-id.ts'

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

afterEach(() => vi.unstubAllGlobals())

test('an id is a random UUID, also on an insecure origin, which has no randomUUID', () => {
  expect(randomId()).toMatch(UUID_4)
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(0xff) })
  expect(randomId()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(0) })
  expect(randomId()).toBe('00000000-0000-4000-8000-000000000000')
  expect(randomId()).toMatch(ID_PATTERN)
})
