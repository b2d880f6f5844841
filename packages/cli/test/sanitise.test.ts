import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeJson, sanitiseLine, sanitiseText } from '../src/terminal/sanitise.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
const FORBIDDEN = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/
const MARKS = /(?:[\p{M}\u200c\u200d]){9}/u
const FLAG_OF_SCOTLAND = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'

/** Pieces of which hostile texts are made, so that random ones are often nearly well-formed sequences. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\x1b',
        '[',
        ']',
        'P',
        '\\',
        '\x07',
        '\x9b',
        '\x9d',
        '\x90',
        '\x9c',
        '31m',
        '0;',
        ';',
        '\n',
        '\r',
        '\t',
        '\x18',
        '\x00',
        '\x7f',
      ),
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\u200b',
        '\u200d',
        '\u200c',
        '\ufe0f',
        '\u0301',
        '\u2028',
        '\u0085',
        '\ufeff',
        '\u00ad',
      ),
      fc.constantFrom('\u{1f3f4}', '\u{e0067}', '\u{e007f}', '\ud83d', '\ude00', '👩', '日', 'a', 'é', ' '),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

describe('sanitiseText', () => {
  it('lets no control, bidi or invisible character through, whatever comes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = sanitiseText(text)
        expect(shown).not.toMatch(FORBIDDEN)
        expect(shown).not.toMatch(MARKS)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown.replaceAll(/\u{1f3f4}[\u{e0020}-\u{e007e}]{1,16}\u{e007f}/gu, '')).not.toMatch(
          /[\u{e0000}-\u{e007f}]/u,
        )
      }),
      { numRuns: 3_000 },
    )
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(sanitiseText(sanitiseText(text))).toBe(sanitiseText(text))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['a colour', 'a\x1b[31mb\x1b[0mc', 'abc'],
    ['a colour in C1', 'a\x9b31mb', 'ab'],
    ['a title', 'a\x1b]0;title\x07b', 'ab'],
    ['a title ended by ST', 'a\x1b]0;title\x1b\\b', 'ab'],
    ['a title in C1', 'a\x9d0;title\x9cb', 'ab'],
    ['the clipboard', 'a\x1b]52;c;ZXZpbA==\x07b', 'ab'],
    ['a link', '\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\', 'click'],
    ['a DCS', 'a\x1bP$qm\x1b\\b', 'ab'],
    ['an APC', 'a\x1b_Gf=24;AAAA\x1b\\b', 'ab'],
    ['a PM', 'a\x1b^x\x1b\\b', 'ab'],
    ['an SOS', 'a\x1bXx\x1b\\b', 'ab'],
    ['tmux passthrough around a title', 'a\x1bPtmux;\x1b\x1b]0;title\x07\x1b\\b', 'ab'],
    ['a title with a colour in it', 'a\x1b]0;x\x1b[31my\x07b', 'ayb'],
    ['a colour with a bell in it', 'a\x1b[3\x071mb', 'ab'],
    ['a reset', 'a\x1bcb', 'ab'],
    ['another character set', 'a\x1b(0b', 'ab'],
    ['a colour without its end', 'a\x1b[31', 'a'],
    ['a lone escape', 'a\x1b', 'a'],
  ])('removes %s whole', (_name, text, shown) => {
    expect(sanitiseText(text)).toBe(shown)
  })

  it('loses no more than its line to a title without an end', () => {
    expect(sanitiseText('a\x1b]0;no end\nb\x9dnone\r\nc')).toBe('a\nb\nc')
  })

  it('makes one kind of newline of all', () => {
    expect(sanitiseText('a\r\nb\rc\vd\fe\u0085f\u2028g\u2029h\n')).toBe('a\nb\nc\nd\ne\nf\ng\nh\n')
  })

  it('keeps what writing systems and emoji need', () => {
    const text = `👩‍👩‍👧‍👦 ❤️ می‌خواهم क्षि é 日本語 ${FLAG_OF_SCOTLAND} 🇫🇷 👍🏽`
    expect(sanitiseText(text)).toBe(text)
  })

  it('removes tag characters that are not part of a flag', () => {
    expect(sanitiseText('a\u{e0068}\u{e0069}b\u{1f3f4}\u{e0067}c')).toBe('ab\u{1f3f4}c')
  })

  it('caps the marks on one character', () => {
    expect(sanitiseText(`z${'\u0300'.repeat(1_000)}a`)).toBe(`z${'\u0300'.repeat(8)}a`)
  })

  it('expands tabs', () => {
    expect(sanitiseText('a\tb')).toBe('a    b')
  })

  it.each([
    ['openers of titles', '\x1b]0;'],
    ['openers of colours', '\x1b['],
    ['escapes', '\x1b'],
    ['openers in C1', '\x9d'],
    ['marks', '\u0300'],
    ['tags', '\u{e0067}'],
    ['flags without an end', '\u{1f3f4}\u{e0067}'],
    ['carriage returns', '\r'],
  ])('takes linear time on a megabyte of %s', (_name, piece) => {
    const text = piece.repeat(1_000_000 / piece.length)
    const began = performance.now()
    sanitiseText(text)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

describe('sanitiseLine', () => {
  it('has no newline', () => {
    expect(sanitiseLine('a\r\nb\nc')).toBe('a b c')
  })
})

describe('escapeJson', () => {
  it('escapes what JSON.stringify leaves raw, and means the same', () => {
    const message = { text: 'a\x7fb\x9b31mc\u202ed\u2028e\u{e0067}f\u200b日本👩‍👩‍👧‍👦' }
    const escaped = escapeJson(JSON.stringify(message))
    expect(escaped).toContain('a\\u007fb\\u009b31mc\\u202ed\\u2028e\\udb40\\udc67f\\u200b日本👩‍👩‍👧‍👦')
    expect(JSON.parse(escaped)).toEqual(message)
  })

  it('never changes the meaning, and leaves nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const escaped = escapeJson(JSON.stringify({ text }, null, 2))
        expect(escaped).not.toMatch(FORBIDDEN)
        expect(JSON.parse(escaped)).toEqual({ text })
      }),
    )
  })
})
