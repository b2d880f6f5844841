import { clustersOf, nextBoundary, previousBoundary, snap, widthOf, wordsOf } from './graphemes.ts'

/**
 * The text in the box and the cursor in it, as a pure reducer.
 * Invariant: the cursor (an offset in UTF-16 units) is always between two grapheme clusters.
 */
export type Editor = { text: string; cursor: number; killed: string; past?: Past | undefined }

/** What the text was before, newest first. `kind` joins what is typed in one go into one step. */
type Past = { text: string; cursor: number; kind: string; before: Past | undefined; depth: number }

/** Steps that can be undone. */
const MAX_STEPS = 200

export type Move = 'left' | 'right' | 'home' | 'end' | 'word-left' | 'word-right' | 'up' | 'down'
export type Reach = 'left' | 'right' | 'home' | 'end' | 'word-left' | 'word-right' | 'blank-left'

export type EditAction =
  | { type: 'insert'; text: string }
  | { type: 'move'; to: Move }
  /** Erases up to there. A single character is just gone; more can be yanked back. */
  | { type: 'erase'; to: Reach }
  | { type: 'yank' }
  /** Puts another text in the box, with the cursor at its end. */
  | { type: 'replace'; text: string }
  /** The same with the cursor anywhere. */
  | { type: 'put'; text: string; cursor: number }
  /** Empties the box; what was in it can be yanked back. */
  | { type: 'clear' }
  | { type: 'undo' }

export const EMPTY_EDITOR: Editor = { text: '', cursor: 0, killed: '' }

export function edit(editor: Editor, action: EditAction): Editor {
  if (action.type === 'undo') return undo(editor)
  const edited = change(editor, action)
  if (edited.text === editor.text)
    return { ...edited, past: action.type === 'move' ? sealed(editor.past) : editor.past }
  return { ...edited, past: remember(editor, kindOf(action)) }
}

/** Letters that are typed one after another are one step, and so is what one goes on erasing; a blank begins a new one. */
function kindOf(action: EditAction): string {
  if (action.type === 'insert') return /^\S$/u.test(action.text) ? 'insert' : ''
  return action.type === 'erase' && (action.to === 'left' || action.to === 'right') ? 'erase' : ''
}

function remember({ text, cursor, past }: Editor, kind: string): Past {
  if (past && kind !== '' && past.kind === kind) return past
  const depth = past ? past.depth + 1 : 1
  const step = { text, cursor, kind, before: past, depth }
  return depth > 2 * MAX_STEPS ? cut(step) : step
}

/** Forgets all but the newest steps. */
function cut(step: Past): Past {
  const steps: Past[] = []
  for (let at: Past | undefined = step; at && steps.length < MAX_STEPS; at = at.before) steps.push(at)
  return (
    steps.reduceRight<Past | undefined>((before, at, i) => ({ ...at, before, depth: steps.length - i }), undefined) ??
    step
  )
}

/** After the cursor was moved, what is typed is another step. */
function sealed(past: Past | undefined): Past | undefined {
  return past && past.kind !== '' ? { ...past, kind: '' } : past
}

function undo(editor: Editor): Editor {
  const { past, killed } = editor
  return past ? { text: past.text, cursor: past.cursor, killed, past: past.before } : editor
}

function change(editor: Editor, action: Exclude<EditAction, { type: 'undo' }>): Editor {
  switch (action.type) {
    case 'insert':
      return insert(editor, action.text)
    case 'move':
      return { ...editor, cursor: target(editor, action.to) }
    case 'erase':
      return erase(editor, action.to)
    case 'yank':
      return insert(editor, editor.killed)
    case 'replace':
      return { ...editor, text: action.text, cursor: action.text.length }
    case 'put':
      return { ...editor, text: action.text, cursor: snap(action.text, action.cursor) }
    case 'clear':
      return { text: '', cursor: 0, killed: editor.text === '' ? editor.killed : editor.text }
  }
}

/** Whether the cursor is on the first, or the last, line of the text: where up and down turn to the history. */
export function isOnFirstLine({ text, cursor }: Editor): boolean {
  return lineStart(text, cursor) === 0
}

export function isOnLastLine({ text, cursor }: Editor): boolean {
  return lineEnd(text, cursor) === text.length
}

/** What is inserted may join the clusters around it (a ZWJ between two emoji), so the cursor is placed anew. */
function insert(editor: Editor, inserted: string): Editor {
  const text = editor.text.slice(0, editor.cursor) + inserted + editor.text.slice(editor.cursor)
  return { ...editor, text, cursor: snap(text, editor.cursor + inserted.length) }
}

function erase(editor: Editor, to: Reach): Editor {
  const other = target(editor, to)
  const start = Math.min(editor.cursor, other)
  const end = Math.max(editor.cursor, other)
  if (start === end) return editor
  const text = editor.text.slice(0, start) + editor.text.slice(end)
  const killed = to === 'left' || to === 'right' ? editor.killed : editor.text.slice(start, end)
  return { text, cursor: snap(text, start), killed }
}

function target({ text, cursor }: Editor, to: Move | Reach): number {
  switch (to) {
    case 'left':
      return previousBoundary(text, cursor)
    case 'right':
      return nextBoundary(text, cursor)
    case 'home':
      return lineStart(text, cursor)
    case 'end':
      return lineEnd(text, cursor)
    case 'word-left':
      return snap(text, wordsOf(text).findLast((word) => word.start < cursor)?.start ?? 0)
    case 'word-right':
      return snap(text, wordsOf(text).find((word) => word.end > cursor)?.end ?? text.length)
    case 'blank-left':
      return snap(text, blankLeft(text, cursor))
    case 'up': {
      const start = lineStart(text, cursor)
      return start === 0 ? 0 : atColumn(text, lineStart(text, start - 1), widthOf(text.slice(start, cursor)))
    }
    case 'down': {
      const end = lineEnd(text, cursor)
      return end === text.length ? end : atColumn(text, end + 1, widthOf(text.slice(lineStart(text, cursor), cursor)))
    }
  }
}

/** The beginning of what stands between blanks, as Ctrl-W means a word. */
function blankLeft(text: string, cursor: number): number {
  let start = cursor
  while (start > 0 && /\s/.test(text.charAt(start - 1))) start--
  while (start > 0 && /\S/.test(text.charAt(start - 1))) start--
  return start
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end
}

/** The last place in the line from `start` that is not right of a column. */
function atColumn(text: string, start: number, column: number): number {
  const line = text.slice(start, lineEnd(text, start))
  let width = 0
  for (const { segment, index } of clustersOf(line)) {
    width += widthOf(segment)
    if (width > column) return start + index
  }
  return start + line.length
}
