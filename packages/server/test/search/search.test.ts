import { join } from 'node:path'
import { searchSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import { openMemory } from '../../src/engines/memory.ts'
import { openSqlite } from '../../src/engines/sqlite.ts'
import { chatApp } from '../chat-app.ts'
import { draft } from '../drafts.ts'
import { forTest, type OpenEngine } from '../engines.ts'
import { refusal } from '../http.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const ENGINES: [string, OpenEngine][] = [
  ['memory', () => forTest(openMemory())],
  ['sqlite', async () => forTest(await openSqlite(join(temporaryFolder(), 'chat.db')))],
]

describe.each(ENGINES)('%s', (_name, open) => {
  async function app(...lines: [text: string, room?: string, uid?: string][]) {
    const engine = await open()
    const parts = chatApp({ engine })
    for (const [text, room = 'lobby', uid = 'alice'] of lines) {
      await engine.log.append(draft(room, text, crypto.randomUUID(), uid))
    }
    const search = async (query: Record<string, string>) => {
      const response = await parts.ask(`/v1/search?${new URLSearchParams(query)}`)
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
      return searchSchema.parse(await response.json())
    }
    return { ...parts, search, texts: async (q: string) => (await search({ q })).messages.map(({ text }) => text) }
  }

  it('finds what has all words, newest first, as soon as it is acknowledged', async () => {
    const { texts, log } = await app(['the build is red'], ['the build is green'], ['lunch?'])
    expect(await texts('build')).toEqual(['the build is green', 'the build is red'])
    expect(await texts('red build')).toEqual(['the build is red'])
    expect(await texts('red green')).toEqual([])
    await log.append(draft('lobby', 'a new build'))
    expect(await texts('build')).toHaveLength(3)
  })

  it.each([
    ['DEPLOY', ['Deployed to café, ça va']],
    ['cafe', ['Deployed to café, ça va']],
    ['ÇA', ['Deployed to café, ça va']],
    ['ploy', []],
    ['"to cafe"', ['Deployed to café, ça va']],
    ['"cafe to"', []],
    ['"deploy"', []],
    ['foo-bar', ['see foo-bar.ts or foo_bar']],
    ['bar.ts', ['see foo-bar.ts or foo_bar']],
    ['天气', ['今天天气很好，去公园吗？', '２０２６年天气']],
    ['公园', ['今天天气很好，去公园吗？']],
    ['今天天气', ['今天天气很好，去公园吗？']],
    ['气天', []],
    ['园', ['今天天气很好，去公园吗？']],
    ['好', ['今天天气很好，去公园吗？']],
    ['2026', ['２０２６年天气']],
    ['2026年天', ['２０２６年天气']],
    ['東京', ['明日は東京タワーへ行く']],
    ['タワー', ['明日は東京タワーへ行く']],
    ['날씨', ['오늘 날씨가 좋다']],
    ['씨가', ['오늘 날씨가 좋다']],
    ['привет', ['Привет, мир']],
    ['مرحبا', ['مرحبا بالعالم']],
    ['AND', ['this AND that OR "NOT" NEAR(x) * ^ : {words}']],
    ['NEAR(x', ['this AND that OR "NOT" NEAR(x) * ^ : {words}']],
    ['words:that', ['this AND that OR "NOT" NEAR(x) * ^ : {words}']],
  ])('%s', async (query, expected) => {
    const { texts } = await app(
      ['Deployed to café, ça va'],
      ['see foo-bar.ts or foo_bar'],
      ['今天天气很好，去公园吗？'],
      ['２０２６年天气'],
      ['明日は東京タワーへ行く'],
      ['오늘 날씨가 좋다'],
      ['Привет, мир'],
      ['مرحبا بالعالم'],
      ['this AND that OR "NOT" NEAR(x) * ^ : {words}'],
      ['😀'],
    )
    expect((await texts(query)).sort()).toEqual([...expected].sort())
  })

  it('in one room, of one sender, page by page', async () => {
    const { search, log } = await app()
    for (let i = 1; i <= 30; i++) {
      await log.append(draft(i % 2 ? 'odd' : '茶', `number ${i}`, `m${i}`, i % 3 ? 'alice' : 'b.ob_1'))
    }
    const found: string[] = []
    let before: string | undefined
    do {
      const page = await search({ q: 'num', room: '茶', limit: '4', ...(before !== undefined && { before }) })
      found.push(...page.messages.map(({ id }) => id))
      before = page.next
    } while (before !== undefined)
    expect(found).toEqual(Array.from({ length: 15 }, (_, i) => `m${30 - 2 * i}`))
    const { messages } = await search({ q: 'number', from: 'b.ob_1', room: 'odd' })
    expect(messages.map(({ id }) => id)).toEqual(['m27', 'm21', 'm15', 'm9', 'm3'])
    expect(await search({ q: 'number', from: 'nobody' })).toEqual({ messages: [] })
    expect(await search({ q: 'number', room: 'nowhere' })).toEqual({ messages: [] })
    expect(messages[0]).toEqual({
      index: 14,
      id: 'm27',
      room: 'odd',
      from: { uid: 'b.ob_1', verified: false },
      text: 'number 27',
      at: expect.any(String),
    })
  })

  it('many messages of one moment stand in their order', async () => {
    const { search, log } = await app()
    const ids = Array.from({ length: 500 }, (_, i) => `m${i}`)
    await Promise.all(ids.map((id) => log.append(draft('lobby', 'same', id))))
    const found: string[] = []
    let page = await search({ q: 'same', limit: '100' })
    for (;;) {
      found.push(...page.messages.map(({ id }) => id))
      if (page.next === undefined) break
      page = await search({ q: 'same', limit: '100', before: page.next })
    }
    expect(found).toEqual(ids.toReversed())
  })

  it.each([
    ['', '400 bad-request'],
    ['?q=', '400 bad-request'],
    ['?q=%20!?', '400 bad-request'],
    ['?q=%F0%9F%98%80', '400 bad-request'],
    [`?q=${'x'.repeat(201)}`, '400 bad-request'],
    ['?q=x&room=a%20b', '400 bad-request'],
    ['?q=x&from=', '400 bad-request'],
    ['?q=x&before=x', '400 bad-request'],
    ['?q=x&limit=0', '400 bad-request'],
  ])('refuses %s', async (query, expected) => {
    const { ask } = await app()
    expect(await refusal(ask(`/v1/search${query}`))).toBe(expected)
  })

  it('a log that is closed is a 503', async () => {
    const { ask, log } = await app(['x'])
    await log.close()
    expect(await refusal(ask('/v1/search?q=x'))).toBe('503 log-unavailable')
  })
})

it('an engine that cannot search says so', async () => {
  const { search: _search, ...engine } = openMemory()
  expect(await refusal(chatApp({ engine }).ask('/v1/search?q=x'))).toBe('501 not-supported')
})
