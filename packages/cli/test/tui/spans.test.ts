import { describe, expect, it } from 'vitest'
import { Mentions } from '../../src/tui/mentions.ts'
import { textRows } from '../../src/tui/spans.ts'
import { themeFor } from '../../src/tui/theme.ts'

const theme = themeFor({ TERM: 'xterm-256color' })
const links = (text: string, columns = 200) =>
  textRows(text, columns, {}, theme).flatMap((row) => row.flatMap(({ text, link }) => (link ? [[text, link]] : [])))

describe('links', () => {
  it.each([
    ['see https://example.org/a?b=c#d.', 'https://example.org/a?b=c#d'],
    ['(http://example.org/x_(y))', 'http://example.org/x_(y)'],
    ['見て、https://example.org/道。', 'https://example.org/%E9%81%93'],
    ['https://exämple.org', 'https://xn--exmple-cua.org/'],
  ])('%s', (text, link) => expect(links(text)).toEqual([[expect.any(String), link]]))

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://user@example.org/',
    'xhttp://a',
    'https://',
    'mailto:a@b',
  ])('is none: %s', (text) => expect(links(text)).toEqual([]))

  it('is the whole address on every row that it is broken into', () => {
    const found = links('go https://example.org/a/very/long/path/to/somewhere now', 20)
    expect(found.map(([text]) => text).join('')).toBe('https://example.org/a/very/long/path/to/somewhere')
    expect(new Set(found.map(([, link]) => link))).toEqual(
      new Set(['https://example.org/a/very/long/path/to/somewhere']),
    )
  })
})

describe('mentions', () => {
  const of = (uid: string, text: string) =>
    [...new Mentions(uid).of(text)].map(({ start, end }) => text.slice(start, end))

  it.each([
    ['alice', 'Alice, and @alice! (alice)', ['Alice', '@alice', 'alice']],
    ['alice', 'malice alice2 alice-b alice_x @alice.b', []],
    ['alice', 'ask alice.', ['alice']],
    ['a.b', 'a.b axb', ['a.b']],
    ['李', '李 and 李明', ['李']],
  ])('of %s in %s', (uid, text, found) => expect(of(uid, text)).toEqual(found))

  it('are all found, also after it was asked whether there are any', () => {
    const mentions = new Mentions('alice')
    expect(mentions.isIn('alice and alice')).toBe(true)
    expect([...mentions.of('alice and alice')]).toHaveLength(2)
  })

  it('are seen without colour', () => {
    const [row] = textRows('hello alice', 80, {}, theme, [new Mentions('alice')])
    expect(row?.find(({ text }) => text === 'alice')?.style).toMatchObject({ inverse: true })
  })
})

it('keeps Hebrew and Arabic between marks, so that they cannot pull along what stands beside them', () => {
  const [row] = textRows('שלום 12', 80, {}, theme)
  expect(row?.map(({ text }) => text)).toEqual(['\u200eשלום 12\u200e'])
  expect(textRows('hello', 80, {}, theme)[0]?.[0]?.text).toBe('hello')
})
