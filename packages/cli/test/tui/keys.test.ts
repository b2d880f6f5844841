import { describe, expect, it } from 'vitest'
import { actionsFor } from '../../src/tui/keys.ts'

const NONE = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageUp: false,
  pageDown: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  tab: false,
  backspace: false,
  delete: false,
  ctrl: false,
  meta: false,
  shift: false,
}

describe('keys', () => {
  it('takes a run of text and control keys apart, in order', () => {
    expect(actionsFor('日本\x17hi\r', NONE)).toEqual([
      { type: 'edit', edit: { type: 'insert', text: '日本' } },
      { type: 'edit', edit: { type: 'erase', to: 'blank-left' } },
      { type: 'edit', edit: { type: 'insert', text: 'hi' } },
      { type: 'submit' },
    ])
  })

  it('begins a new line with Alt-Enter and with Ctrl-J', () => {
    const newline = [{ type: 'edit', edit: { type: 'insert', text: '\n' } }]
    expect(actionsFor('\r', { ...NONE, return: true, meta: true })).toEqual(newline)
    expect(actionsFor('\n', NONE)).toEqual(newline)
    expect(actionsFor('\r', { ...NONE, return: true })).toEqual([{ type: 'submit' }])
  })

  it('ignores what it does not know, and the release of keys', () => {
    expect(actionsFor('q', { ...NONE, ctrl: true })).toEqual([])
    expect(actionsFor('q', { ...NONE, meta: true })).toEqual([])
    expect(actionsFor('a', { ...NONE, eventType: 'release' })).toEqual([])
  })
})
