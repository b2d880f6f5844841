import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { sanitiseText } from '../../src/terminal/sanitise.ts'
import { wrapLine, wrapText } from '../../src/tui/wrap.ts'

const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })

const line = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'word', ' ', '   ', '日本語', 'é', '👩‍👩‍👧‍👦', '🇫🇷', '👍🏽', 'ｶﾞ', 'क्षि'),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    {
      maxLength: 25,
    },
  )
  .map((parts) => sanitiseText(parts.join('')).replaceAll('\n', ' '))

const columns = fc.integer({ min: 1, max: 30 })
const blanks = fc.constantFrom('hang' as const, 'keep' as const)
const texts = (rows: readonly { text: string }[]) => rows.map(({ text }) => text)

describe('wrapping', () => {
  it('loses nothing, overflows nowhere and splits no cluster', () => {
    fc.assert(
      fc.property(line, columns, blanks, (whole, width, how) => {
        const rows = wrapLine(whole, width, how)
        const starts = new Set([...Array.from(clusters.segment(whole), ({ index }) => index), whole.length])
        expect(rows.map(({ start, end }) => whole.slice(start, end)).join('')).toBe(whole)
        for (const row of rows) {
          expect(stringWidth(row.text)).toBeLessThanOrEqual(width)
          expect(starts).toContain(row.start)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('shows all but the blanks at the ends of rows', () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 4, max: 30 }), (whole, width) => {
        for (const row of wrapLine(whole, width, 'hang')) {
          expect(row.text.trimEnd()).toBe(whole.slice(row.start, row.end).trimEnd())
        }
        expect(texts(wrapLine(whole, width, 'keep')).join('')).toBe(whole)
      }),
    )
  })

  it('keeps words together where they fit', () => {
    expect(texts(wrapLine('hello brave new world', 11, 'hang'))).toEqual(['hello brave', 'new world'])
    expect(texts(wrapLine('a verylongwordindeed b', 8, 'hang'))).toEqual(['a ', 'verylong', 'wordinde', 'ed b'])
  })

  it('parts wide characters anywhere', () => {
    expect(texts(wrapLine('ab日本語', 5, 'hang'))).toEqual(['ab日', '本語'])
  })

  it('shows a character that is wider than the screen as a mark', () => {
    expect(texts(wrapLine('a日b', 1, 'hang'))).toEqual(['a', '?', 'b'])
  })

  it('knows where in the text the rows of further lines are', () => {
    expect(wrapText('ab cd\n\nef', 3, 'keep')).toMatchObject([
      { text: 'ab ', start: 0, end: 3 },
      { text: 'cd', start: 3, end: 5 },
      { text: '', start: 6, end: 6 },
      { text: 'ef', start: 7, end: 9 },
    ])
  })
})
