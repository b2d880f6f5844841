import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EditAction, type Editor, EMPTY_EDITOR, edit } from '../../src/tui/editor.ts'

const FAMILY = '👩‍👩‍👧‍👦'
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })

const text = fc
  .array(
    fc.constantFrom('a', 'b', ' ', '\n', '日本', 'é', FAMILY, '🇫🇷', '🇩', '👍🏽', '\u200d', '\u0301', 'क्षि', '👩'),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))

const action: fc.Arbitrary<EditAction> = fc.oneof(
  text.map((inserted): EditAction => ({ type: 'insert', text: inserted })),
  text.map((whole): EditAction => ({ type: 'replace', text: whole })),
  fc.constantFrom<EditAction[]>(
    ...(['left', 'right', 'home', 'end', 'word-left', 'word-right', 'up', 'down'] as const).map(
      (to): EditAction => ({ type: 'move', to }),
    ),
    ...(['left', 'right', 'home', 'end', 'word-left', 'word-right', 'blank-left'] as const).map(
      (to): EditAction => ({ type: 'erase', to }),
    ),
    { type: 'yank' },
    { type: 'clear' },
    { type: 'undo' },
  ),
)

function boundaries(of: string): Set<number> {
  return new Set([...Array.from(clusters.segment(of), ({ index }) => index), of.length])
}

function after(...actions: EditAction[]): Editor {
  return actions.reduce(edit, EMPTY_EDITOR)
}

const typed = (inserted: string): EditAction => ({ type: 'insert', text: inserted })

describe('the editor', () => {
  it('has its cursor between two clusters, and never half a character', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        let editor = EMPTY_EDITOR
        for (const next of actions) {
          editor = edit(editor, next)
          expect(boundaries(editor.text)).toContain(editor.cursor)
          expect(editor.text.isWellFormed()).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('erases exactly one cluster with backspace', () => {
    fc.assert(
      fc.property(
        text.filter((whole) => whole !== ''),
        (whole) => {
          const parts = Array.from(clusters.segment(whole), ({ segment }) => segment)
          expect(after({ type: 'replace', text: whole }, { type: 'erase', to: 'left' }).text).toBe(
            parts.slice(0, -1).join(''),
          )
        },
      ),
    )
  })

  it('moves right over as many clusters as there are, and back', () => {
    fc.assert(
      fc.property(text, (whole) => {
        let editor = edit(EMPTY_EDITOR, { type: 'replace', text: whole })
        const count = [...clusters.segment(whole)].length
        for (let i = 0; i < count; i++) editor = edit(editor, { type: 'move', to: 'left' })
        expect(editor.cursor).toBe(0)
        for (let i = 0; i < count; i++) editor = edit(editor, { type: 'move', to: 'right' })
        expect(editor.cursor).toBe(whole.length)
      }),
    )
  })

  it('yanks back what was killed', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 20 }),
        fc.constantFrom('home', 'end', 'word-left', 'word-right', 'blank-left'),
        (actions, to) => {
          const before = after(...actions)
          const killed = edit(before, { type: 'erase', to })
          fc.pre(killed.text !== before.text)
          // Unless its two sides grew together: then the cursor cannot stay where it was.
          const start = before.cursor - (to === 'end' || to === 'word-right' ? 0 : killed.killed.length)
          fc.pre(boundaries(killed.text).has(start))
          expect(edit(killed, { type: 'yank' }).text).toBe(before.text)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('undoes everything, step by step, through texts that were there before', () => {
    const changes = action.filter(({ type }) => type !== 'undo')
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 40 }), (actions) => {
        const seen = ['']
        let editor = EMPTY_EDITOR
        for (const next of actions) {
          editor = edit(editor, next)
          seen.push(editor.text)
        }
        for (let steps = 0; editor.past; steps++) {
          expect(steps).toBeLessThan(seen.length)
          editor = edit(editor, { type: 'undo' })
          expect(seen).toContain(editor.text)
        }
        expect(editor.text).toBe('')
      }),
    )
  })

  it('undoes a word that was typed at once, and remembers no more than a few hundred steps', () => {
    const words = after(...[...'one two'].map(typed))
    expect(edit(words, { type: 'undo' }).text).toBe('one ')
    let editor = EMPTY_EDITOR
    for (let i = 0; i < 2_000; i++) editor = edit(editor, typed('x '))
    let steps = 0
    for (; editor.past; steps++) editor = edit(editor, { type: 'undo' })
    expect(steps).toBeGreaterThanOrEqual(200)
    expect(steps).toBeLessThanOrEqual(400)
  })

  it('joins a ZWJ sequence that is inserted piece by piece', () => {
    const editor = after(typed('👩'), typed('\u200d👩'), typed('\u200d👧'), typed('\u200d👦'))
    expect(editor).toMatchObject({ text: FAMILY, cursor: FAMILY.length })
    expect(edit(editor, { type: 'erase', to: 'left' }).text).toBe('')
  })

  it('has its cursor after what grew together when something between was erased', () => {
    const editor = after(typed('🇩a🇪'), { type: 'move', to: 'left' }, { type: 'erase', to: 'left' })
    expect(editor).toMatchObject({ text: '🇩🇪', cursor: 4 })
  })

  it('moves by words of any script', () => {
    const editor = after(
      typed('hello, brave world'),
      { type: 'move', to: 'word-left' },
      { type: 'move', to: 'word-left' },
    )
    expect(editor.text.slice(editor.cursor)).toBe('brave world')
    const chinese = after(typed('我喜欢喝咖啡'), { type: 'erase', to: 'word-left' })
    expect(chinese).toMatchObject({ text: '我喜欢喝', killed: '咖啡' })
  })

  it('kills up to a blank with Ctrl-W', () => {
    expect(after(typed('see http://a.example/b  '), { type: 'erase', to: 'blank-left' }).text).toBe('see ')
  })

  it('keeps the column when it goes up and down', () => {
    const editor = after(typed('日本語\nabcd\nxyz'), { type: 'move', to: 'up' })
    expect(editor.text.slice(0, editor.cursor)).toBe('日本語\nabc')
    const upper = edit(editor, { type: 'move', to: 'up' })
    expect(upper.cursor).toBe(1) // column 3 is in the middle of 本
    expect(edit(upper, { type: 'move', to: 'down' }).cursor).toBe(6)
  })

  it('gives back with yank what was cleared', () => {
    expect(after(typed('a draft'), { type: 'clear' }, { type: 'yank' }).text).toBe('a draft')
  })
})
