import type { Key } from 'ink'
import type { Scroll } from './chat-store.ts'
import type { EditAction } from './editor.ts'

type Plain =
  | 'submit'
  | 'up'
  | 'down'
  | 'tab'
  | 'escape'
  | 'interrupt'
  | 'end-of-input'
  | 'retry'
  | 'take-back'
  | 'times'
  | 'search'
  | 'find'
  | 'raw'
  | 'next-room'
  | 'prefix'
  | 'redraw'
  | 'suspend'

/** What a key asks for. */
export type KeyAction = { type: 'edit'; edit: EditAction } | { type: 'scroll'; scroll: Scroll } | { type: Plain }

type Pressed = Pick<
  Key,
  | 'upArrow'
  | 'downArrow'
  | 'leftArrow'
  | 'rightArrow'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'return'
  | 'escape'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'ctrl'
  | 'meta'
  | 'shift'
  | 'eventType'
>

const insert = (text: string): KeyAction => ({ type: 'edit', edit: { type: 'insert', text } })
const move = (to: Extract<EditAction, { type: 'move' }>['to']): KeyAction => ({
  type: 'edit',
  edit: { type: 'move', to },
})
const erase = (to: Extract<EditAction, { type: 'erase' }>['to']): KeyAction => ({
  type: 'edit',
  edit: { type: 'erase', to },
})

const WITH_CTRL: Record<string, KeyAction> = {
  a: move('home'),
  b: move('left'),
  c: { type: 'interrupt' },
  d: { type: 'end-of-input' },
  e: move('end'),
  f: { type: 'find' },
  h: erase('left'),
  j: insert('\n'),
  k: erase('end'),
  l: { type: 'redraw' },
  m: { type: 'submit' },
  n: { type: 'down' },
  p: { type: 'up' },
  r: { type: 'search' },
  t: { type: 'times' },
  u: erase('home'),
  w: erase('blank-left'),
  x: { type: 'prefix' },
  y: { type: 'edit', edit: { type: 'yank' } },
  z: { type: 'suspend' },
  _: { type: 'edit', edit: { type: 'undo' } },
  '/': { type: 'edit', edit: { type: 'undo' } },
}

const WITH_ALT: Record<string, KeyAction> = {
  a: { type: 'next-room' },
  b: move('word-left'),
  f: move('word-right'),
  d: erase('word-right'),
  e: { type: 'take-back' },
  r: { type: 'retry' },
  u: { type: 'scroll', scroll: { to: 'unread' } },
}

/** What Ink heard as one key or one run of text. A run may hold Enter and control keys, when they came in one read. */
export function actionsFor(input: string, key: Pressed): KeyAction[] {
  if (key.eventType === 'release') return []
  const named = namedKey(key)
  if (named) return [named]
  if (key.escape) return [{ type: 'escape' }]
  if (key.tab) return key.shift ? [] : [{ type: 'tab' }]
  if (input === '') return []
  if (key.ctrl) return listed(WITH_CTRL[input])
  if (key.meta) return listed(WITH_ALT[input])
  return runActions(input)
}

function namedKey(key: Pressed): KeyAction | undefined {
  const byWord = key.ctrl || key.meta
  if (key.return) return key.meta || key.shift ? insert('\n') : { type: 'submit' }
  if (key.backspace) return erase(byWord ? 'word-left' : 'left')
  if (key.delete) return erase(byWord ? 'word-right' : 'right')
  if (key.leftArrow) return move(byWord ? 'word-left' : 'left')
  if (key.rightArrow) return move(byWord ? 'word-right' : 'right')
  if (key.upArrow) return byWord || key.shift ? { type: 'scroll', scroll: { by: 'rows', count: -1 } } : { type: 'up' }
  if (key.downArrow)
    return byWord || key.shift ? { type: 'scroll', scroll: { by: 'rows', count: 1 } } : { type: 'down' }
  if (key.pageUp) return { type: 'scroll', scroll: { by: 'pages', count: -1 } }
  if (key.pageDown) return { type: 'scroll', scroll: { by: 'pages', count: 1 } }
  if (key.home) return byWord ? { type: 'scroll', scroll: { to: 'start' } } : move('home')
  if (key.end) return byWord ? { type: 'scroll', scroll: { to: 'end' } } : move('end')
  return undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the control keys
const RUN = /[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g

function runActions(run: string): KeyAction[] {
  return (run.match(RUN) ?? []).flatMap((part) => {
    const code = part.charCodeAt(0)
    if (code === 0x7f) return [erase('left')]
    if (code === 0x09) return [{ type: 'tab' }]
    if (code === 0x1f) return [{ type: 'edit', edit: { type: 'undo' } }]
    if (code >= 0x20) return [insert(part)]
    return listed(WITH_CTRL[String.fromCharCode(code + 0x60)])
  })
}

function listed(action: KeyAction | undefined): KeyAction[] {
  return action ? [action] : []
}
