import { expect, it } from 'vitest'
import { Mentions, Words } from '../../src/tui/mentions.ts'

it.each(['alice', 'uid-long', 'a.b_c-d', '小明'])('finds %s, also after an @, and not in a longer name', (uid) => {
  const mentions = new Mentions(uid)
  for (const text of [uid, `hi ${uid}!`, `@${uid}: see`, `${uid}.`])
    expect([text, mentions.isIn(text)]).toEqual([text, true])
  for (const text of [`x${uid}`, `${uid}-x`, `${uid}.x`, 'nobody'])
    expect([text, mentions.isIn(text)]).toEqual([text, false])
})

it('finds words with every character that a pattern could mean', () => {
  for (const words of ['a-b', '.*', '[x]', '(', 'C:\\', '^$', '/home', '{1}', 'a|b'])
    expect([...new Words(words).of(`see ${words} here`)]).toEqual([{ start: 4, end: 4 + words.length }])
})
