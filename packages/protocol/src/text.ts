import { MAX_TEXT_BYTES } from './limits.ts'

/** What is wrong with a message's text, in the terms of the problem table; `undefined` if it can be sent. */
export function textFault(
  text: string,
): { code: 'bad-request' | 'blank-text' | 'text-too-long'; detail: string } | undefined {
  if (text.trim() === '') return { code: 'blank-text', detail: 'The text is empty or only white space.' }
  if (!text.isWellFormed())
    return { code: 'bad-request', detail: 'The text has half a surrogate pair; send well-formed Unicode.' }
  if (text.length * 3 <= MAX_TEXT_BYTES) return undefined // UTF-8 takes at most 3 bytes for each UTF-16 unit
  const bytes = new TextEncoder().encode(text).length
  if (bytes <= MAX_TEXT_BYTES) return undefined
  return {
    code: 'text-too-long',
    detail: `The text has ${bytes} bytes of UTF-8; at most ${MAX_TEXT_BYTES} fit in one message.`,
  }
}
