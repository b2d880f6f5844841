import { describe, expect, it } from 'vitest'
import { complete, completing, loadEmoji } from '../../src/tui/completion.ts'
import { EMPTY_EDITOR, edit } from '../../src/tui/editor.ts'

const sources = {
  uids: () => ['bob', 'Berta', 'alice.b', '李明'],
  commands: ['help', 'quit', 'who'],
  following: { room: () => ['tea', 'Test'], mode: () => ['auto', 'ws'] },
  emoji: await loadEmoji(),
}

const at = (text: string, cursor = text.length) => ({ ...EMPTY_EDITOR, text, cursor })
const candidates = (text: string, cursor?: number) => complete(at(text, cursor), sources)?.candidates

describe('Tab', () => {
  it.each([
    ['b', ['bob: ', 'Berta: ']],
    ['hi b', ['bob ', 'Berta ']],
    ['hi @B', ['@bob ', '@Berta ']],
    ['@', ['@bob ', '@Berta ', '@alice.b ', '@李明 ']],
    ['@李', ['@李明 ']],
    ['/w', ['/who ']],
    ['say /w', undefined],
    ['/room te', ['tea', 'Test']],
    ['/mode ', ['auto', 'ws']],
    ['/mode auto ', undefined],
    ['/who b', ['bob ', 'Berta ']],
    ['x', undefined],
    ['', undefined],
    ['word ', undefined],
  ])('after %j offers %j', (text, offered) => expect(candidates(text)).toEqual(offered))

  it('knows emoji by their names, those first that begin so', () => {
    expect(candidates('great :tada')?.[0]).toBe('🎉')
    expect(candidates(':+1')?.[0]).toBe('👍')
    expect(candidates(':zzzz')).toBeUndefined()
    expect(candidates('at 10:30')).toBeUndefined()
  })

  it('replaces what is before the cursor, and nothing after it', () => {
    const editor = at('hi @b there', 5)
    const found = complete(editor, sources)
    expect(found && edit(editor, completing(editor, found, found.candidates[0] ?? ''))).toMatchObject({
      text: 'hi @bob  there',
      cursor: 8,
    })
  })
})
