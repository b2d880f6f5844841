import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMentioned } from '../src/model/mentions.ts'
import { piecesOf } from '../src/model/pieces.ts'

const links = (text: string) => piecesOf(text).flatMap((piece) => (piece.type === 'link' ? [piece.url] : []))

describe('a text in pieces', () => {
  it('is the whole text again when put together', () => {
    const parts = fc.constantFrom(
      'https://a.example/b',
      ' ',
      '@bob',
      '(',
      ').',
      'é',
      '👩‍👩‍👧‍👦',
      'javascript:alert(1)',
      '\n',
      'http://',
    )
    fc.assert(
      fc.property(fc.array(parts), (list) => {
        const text = list.join('')
        expect(
          piecesOf(text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text)
      }),
    )
  })

  it.each([
    ['see https://example.com.', ['https://example.com/']],
    ['(http://example.com/a_(b)), and', ['http://example.com/a_(b)']],
    ['参见 https://example.com/路径。', ['https://example.com/%E8%B7%AF%E5%BE%84']],
    ['javascript:alert(1) data:text/html,x file:///etc', []],
    ['https://bank.example@evil.example/', []],
    ['http:// https://', []],
  ])('finds the links in %j', (text, expected) => {
    expect(links(text)).toEqual(expected)
  })

  it('links nothing but http and https', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const url of links(text)) expect(url).toMatch(/^https?:\/\//)
      }),
    )
  })

  it.each([
    ['@alice', true],
    ['well, @alice.', true],
    ['@alice_2', false],
    ['mail@alice', false],
    ['@Alice', false],
    ['(@alice)', true],
  ])('knows whether %j mentions alice', (text, expected) => {
    expect(isMentioned('alice', text)).toBe(expected)
  })
})
