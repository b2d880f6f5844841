import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_TEXT_BYTES } from '../src/limits.ts'
import { textSchema } from '../src/schemas.ts'
import { textFault } from '../src/text.ts'

describe('a text', () => {
  it('may be anything that is well-formed, not blank and not too long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const fault = textFault(text)?.code
        if (text.trim() === '') expect(fault).toBe('blank-text')
        else expect(fault).toBe(text.isWellFormed() ? undefined : 'bad-request')
      }),
    )
    for (const text of ['\u0000', '\u001b[31m', '\u200b', ' x ', '👍']) expect(textFault(text)).toBeUndefined()
  })

  it('is blank when it has only white space', () => {
    for (const text of ['', ' ', '\r\n\t', '\u00a0', '\u3000', '\ufeff'])
      expect(textFault(text)?.code).toBe('blank-text')
  })

  it('may not have half a surrogate pair', () => {
    for (const text of ['\ud800', 'a\udc00b', '👍'.slice(0, 1)]) expect(textFault(text)?.code).toBe('bad-request')
  })

  it('has at most 16384 bytes of UTF-8, of whatever characters', () => {
    for (const character of ['x', 'é', '語', '👍']) {
      const bytes = new TextEncoder().encode(character).length
      const full = character.repeat(Math.floor(MAX_TEXT_BYTES / bytes)) + 'x'.repeat(MAX_TEXT_BYTES % bytes)
      expect(textFault(full)).toBeUndefined()
      expect(textFault(`${full}x`)).toMatchObject({ code: 'text-too-long', detail: /has 16385 bytes/ })
    }
  })

  it('is validated by the schema as it is by the function, with the same code and words', () => {
    for (const text of ['x', '', '\ud800', 'x'.repeat(MAX_TEXT_BYTES + 1)]) {
      const fault = textFault(text)
      const [issue] = textSchema.safeParse(text).error?.issues ?? []
      expect(issue?.message).toBe(fault?.detail)
      expect(issue?.code === 'custom' ? issue.params?.problem : undefined).toBe(fault?.code)
    }
  })
})
