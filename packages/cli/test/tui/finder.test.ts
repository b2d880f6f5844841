import type { Client } from '@poll-chat/client'
import { ChatError } from '@poll-chat/protocol'
import { expect, it, vi } from 'vitest'
import { ChatStore } from '../../src/tui/chat-store.ts'
import { Finder } from '../../src/tui/finder.ts'
import { themeFor } from '../../src/tui/theme.ts'
import { FakeRoom } from './fixture/fake-client.ts'

/** A room of which the last `held` messages are held. */
function open(texts: readonly string[], held: number, changes: Partial<Client> = {}) {
  const room = new FakeRoom()
  for (const text of texts) room.say('bob', text)
  const store = new ChatStore({
    where: { room: 'lobby', uid: 'alice', host: 'here', mode: 'long' },
    size: { columns: 80, rows: 20 },
    theme: themeFor({}),
  })
  store.addOlder(room.messages.slice(-held), true)
  const client = { ...room.client('alice', 0), ...changes }
  const history = vi.spyOn(client, 'history')
  const search = vi.spyOn(client, 'search')
  const rows = () => store.view().lines.map(({ spans }) => spans.map(({ text }) => text).join(''))
  const found = () =>
    rows()
      .find((row) => row.includes('→'))
      ?.replace(/.*→ +(~?bob)? */, '')
  return { room, store, finder: new Finder(client, 'lobby', store), history, search, found, rows }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `number ${i + 1}`)

it('looks through what is held first, then asks the index of the server, and marks the place', async () => {
  const texts = numbered(3_000)
  texts[6] = 'a Treasure lies here'
  texts[2_990] = 'more treasure'
  const { finder, history, search, found } = open(texts, 100)
  await finder.older('treasure')
  expect(found()).toBe('more treasure')
  expect(search).not.toHaveBeenCalled()
  await finder.older('treasure')
  expect(found()).toBe('a Treasure lies here')
  expect(search).toHaveBeenCalledOnce()
  expect(history).toHaveBeenCalledOnce() // what is around it, not all that is between
  await finder.older('treasure')
  expect(found()).toBe('a Treasure lies here')
  finder.newer('treasure')
  expect(found()).toBe('more treasure')
})

it.each([
  ['what has no letter or digit', new ChatError('bad-request', '"q" has no word to look for.')],
  ['an engine without an index', new ChatError('not-supported', 'The engine of this server cannot search.')],
])('reads the history itself for %s', async (_why, refusal) => {
  const texts = numbered(1_200)
  texts[6] = 'hooray :-)'
  texts[8] = ':-) first of all'
  const { finder, found } = open(texts, 100, { search: () => Promise.reject(refusal) })
  await finder.older(':-)')
  expect(found()).toBe(':-) first of all')
  await finder.older(':-)')
  expect(found()).toBe('hooray :-)')
  await finder.older(':-)')
  expect(found()).toBe('hooray :-)')
})

it('says so when nothing is found, and what the server says when it fails', async () => {
  const nothing = open(numbered(300), 100)
  await nothing.finder.older('treasure')
  expect(nothing.rows().join()).toContain('Nothing older is found for "treasure".')
  const fault = new ChatError('log-unavailable', 'The log cannot be read just now.')
  const failing = open(numbered(300), 100, { search: () => Promise.reject(fault) })
  await failing.finder.older('treasure')
  expect(failing.rows().join()).toContain('The log cannot be read just now.')
})

it('shows a place within a gap with what is not held on both sides of it', async () => {
  const texts = numbered(2_000)
  texts[100] = 'the first treasure'
  texts[1_000] = 'a second one, a jewel'
  const { finder, store, found } = open(texts, 100)
  await finder.older('treasure')
  expect(found()).toBe('the first treasure')
  finder.reset()
  await finder.older('jewel')
  expect(found()).toBe('a second one, a jewel')
  const { items } = store.transcript
  items.forEach((item, i) => {
    const before = items[i - 1]
    if (item.kind === 'message' && before?.kind === 'message') expect(item.index).toBe(before.index + 1)
  })
  expect(items.filter(({ kind }) => kind === 'gap')).toHaveLength(2)
})

it('finds all words in any order, and what stands in quotation marks as it stands', async () => {
  const { finder, found } = open(['tea, not coffee', 'coffee and tea', 'coffee tea'], 3)
  await finder.older('tea coffee')
  await finder.older('tea coffee')
  await finder.older('tea coffee')
  expect(found()).toBe('tea, not coffee')
  finder.reset()
  await finder.older('"coffee tea"')
  expect(found()).toBe('coffee tea')
})
