import { normaliseName } from '@poll-chat/protocol'

const MENTION = /@([\p{L}\p{N}\p{M}_.-]{1,64})/gu

/** Whether a text speaks to a uid: `@alice`, also at the end of a sentence (`@alice.`). */
export function isMentioned(uid: string, text: string): boolean {
  return mentionsIn(text).some(({ uid: named }) => named === uid)
}

/** Where in a text somebody is named. */
export function mentionsIn(text: string): { start: number; end: number; uid: string }[] {
  return Array.from(text.matchAll(MENTION)).flatMap((match) => {
    const before = text[match.index - 1]
    if (before !== undefined && /[\p{L}\p{N}]/u.test(before)) return [] // an e-mail address
    const name = match[1]?.replace(/[.-]+$/, '') ?? ''
    const uid = normaliseName(name)
    return uid === undefined ? [] : [{ start: match.index, end: match.index + 1 + name.length, uid }]
  })
}
