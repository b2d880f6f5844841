import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ID_PATTERN, NAME_PATTERN, normaliseName } from '../src/names.ts'
import { idSchema, roomSchema, uidSchema } from '../src/schemas.ts'

const GOOD = [
  'a',
  'Alice',
  'alice_2',
  'a.b-c',
  '...',
  '.a',
  'ünï',
  'Ωmega',
  'मराठी',
  '語',
  '𝒳',
  '٣',
  'x'.repeat(64),
  '語'.repeat(64),
  '𝒳'.repeat(64),
]
const BAD = [
  '',
  '.',
  '..',
  ' ',
  'a b',
  'a/b',
  'a\\b',
  'a%2Fb',
  'a?b',
  '<b>',
  'a\u0000',
  'a\n',
  'a\u200bb',
  '\u202ea',
  '👍',
  'a'.repeat(65),
  '\ud800',
  'a:b',
  'a@b',
  'a,b',
]

describe('a name', () => {
  it('has letters, digits and marks of any script, and "-", "_", "."', () => {
    for (const name of GOOD) expect([name, normaliseName(name)]).toEqual([name, name.normalize('NFC')])
    for (const name of BAD) expect([name, normaliseName(name)]).toEqual([name, undefined])
  })

  it('is the same name however it is composed', () => {
    expect(normaliseName('cafe\u0301')).toBe('caf\u00e9')
    expect(normaliseName('e\u0301'.repeat(64))).toBe('\u00e9'.repeat(64))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (text) => {
        const name = normaliseName(text)
        expect(normaliseName(text.normalize('NFD'))).toBe(name)
        if (name !== undefined) {
          expect(normaliseName(name)).toBe(name)
          expect(name).toMatch(NAME_PATTERN)
        }
      }),
    )
  })

  it('is validated by the schemas as it is by the function', () => {
    for (const schema of [uidSchema, roomSchema]) {
      for (const name of [...GOOD, ...BAD, 'cafe\u0301'])
        expect([name, schema.safeParse(name).data]).toEqual([name, normaliseName(name)])
    }
  })

  it('survives a URL: no client resolves it away', () => {
    for (const name of GOOD) {
      const { pathname } = new URL(`http://localhost/v1/rooms/${encodeURIComponent(name)}/messages`)
      expect(decodeURIComponent(pathname)).toBe(`/v1/rooms/${name}/messages`)
    }
  })
})

it('an id has up to 64 characters of UUIDs, dates and build numbers', () => {
  for (const id of ['a', crypto.randomUUID(), '2026-11-22T10:00:00.000Z', 'build~1', 'x'.repeat(64)]) {
    expect([id, ID_PATTERN.test(id)]).toEqual([id, true])
    expect(idSchema.safeParse(id).success).toBe(true)
  }
  for (const id of ['', 'x'.repeat(65), 'a b', 'é', 'a/b', 'a\n', '"']) {
    expect([id, ID_PATTERN.test(id)]).toEqual([id, false])
    expect(idSchema.safeParse(id).success).toBe(false)
  }
})
