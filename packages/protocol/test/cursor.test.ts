import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CURSOR_PATTERN, checkOf, cursorAfter, formatCursor, parseCursor, START } from '../src/cursor.ts'

const index = fc.integer({ min: 1, max: 999_999_999_999_999 })
const check = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 8, maxLength: 8 })
const id = fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 64 }))
const cursor = fc.oneof(
  fc.constant(START),
  index.map((index) => ({ index })),
  fc.record({ index, check }),
)

describe('a cursor', () => {
  it('comes back from its wire form as it was', () => {
    fc.assert(
      fc.property(cursor, (cursor) => {
        const wire = formatCursor(cursor)
        expect(wire).toMatch(CURSOR_PATTERN)
        expect(parseCursor(wire)).toEqual(cursor)
      }),
    )
  })

  it('after a message has its index and its check', () => {
    fc.assert(
      fc.property(index, id, (index, id) => {
        expect(parseCursor(cursorAfter({ index, id }))).toEqual({ index, check: checkOf(id) })
      }),
    )
  })

  it('is read only from its one wire form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9~a-fA-F. +-]{0,20}$/)), (wire) => {
        const parsed = parseCursor(wire)
        if (parsed) expect(formatCursor(parsed)).toBe(wire)
        else expect(wire).not.toMatch(CURSOR_PATTERN)
      }),
    )
    for (const wire of [
      '',
      '-1',
      '01',
      '1~',
      '~',
      '0~00000000',
      '1~0000000',
      '1~000000000',
      '1~ABCDEF00',
      '1.0',
      ' 1',
      '1\n',
      '1e3',
      '1000000000000000',
      '１',
    ])
      expect([wire, parseCursor(wire)]).toEqual([wire, undefined])
  })
})

describe('the check of an id', () => {
  it('is 8 hex digits, the same in every version', () => {
    fc.assert(fc.property(id, (id) => /^[0-9a-f]{8}$/.test(checkOf(id))))
    // On the wire, in inboxes and in clients: a change here breaks every cursor there is.
    expect(checkOf('')).toBe('ab3e7c0b')
    expect(checkOf('a')).toBe('1a80b1b3')
    expect(checkOf('00000000-0000-4000-8000-000000000000')).toBe('5d3f9663')
  })

  it('differs between ids, however alike they are', () => {
    const ids = Array.from({ length: 2000 }, (_, i) => `build-${i}`)
    expect(new Set(ids.map(checkOf)).size).toBe(ids.length)
    fc.assert(fc.property(fc.uuid(), fc.uuid(), (a, b) => a === b || checkOf(a) !== checkOf(b)))
  })
})
