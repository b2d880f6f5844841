import { t } from '../messages/language.ts'
import { widthOf } from './graphemes.ts'
import type { Line } from './item-lines.ts'
import type { Theme } from './theme.ts'
import { wrapLine } from './wrap.ts'

/** Something above the box that has the keys until it is answered. */
export type Panel =
  /** A paste of several lines: is it one message, or many? */
  | { type: 'paste'; text: string }
  /** Looks through what was sent. */
  | { type: 'search'; words: string; matches: readonly string[]; position: number }
  /** Looks through what was said. */
  | { type: 'find'; words: string }
  /** The key of a private room, which is not shown. */
  | { type: 'key'; room: string; words: string }
  /** The whole screen is the plain text. */
  | { type: 'raw' }

export type PanelView = { lines: Line[]; cursor?: { x: number; y: number } }

/** Rows of a paste that are shown. */
const SHOWN_ROWS = 5

export function composePanel(panel: Panel | undefined, columns: number, rows: number, theme: Theme): PanelView {
  switch (panel?.type) {
    case 'paste':
      return composePaste(panel.text, columns, rows, theme)
    case 'search': {
      const match = panel.matches[panel.position]?.replaceAll('\n', '⏎') ?? ''
      return asking(`${t.chat.searchAsks}: `, panel.words, match === '' ? '' : `→ ${match}`, columns, theme)
    }
    case 'find':
      return asking(`${t.chat.findAsks}: `, panel.words, t.chat.findKeys, columns, theme)
    case 'key':
      return asking(
        `${t.chat.keyAsks(`${panel.room}!`)}: `,
        '*'.repeat(panel.words.length),
        t.chat.keyKeys,
        columns,
        theme,
      )
    default:
      return { lines: [] }
  }
}

function composePaste(text: string, columns: number, rows: number, theme: Theme): PanelView {
  const all = text.split('\n')
  const question = wrapLine(t.chat.pasteAsks(all.length), columns, 'hang').slice(0, rows)
  const room = Math.min(rows - question.length, SHOWN_ROWS)
  const shown = all.slice(0, room)
  if (all.length > room && room > 0) shown.splice(-1, 1, t.chat.pasteMore(all.length - room + 1))
  return {
    lines: [
      ...question.map(({ text }) => ({ text, style: { bold: true } })),
      ...shown.map((line) => ({ text: cut(`  ${line}`, columns), style: theme.quiet })),
    ].map((span, i) => ({ key: `paste ${i}`, spans: [span] })),
  }
}

function asking(prompt: string, words: string, more: string, columns: number, theme: Theme): PanelView {
  const shown = cut(`${prompt}${words}`, columns - 1)
  const rest = cut(`  ${more}`, columns - 1 - widthOf(shown))
  const spans = [
    { text: shown, style: { bold: true } },
    { text: rest, style: theme.quiet },
  ]
  return { lines: [{ key: 'asking', spans }], cursor: { x: widthOf(shown), y: 0 } }
}

/** The part of a line that fits. */
export function cut(text: string, columns: number): string {
  return columns < 1 ? '' : (wrapLine(text, columns, 'keep')[0]?.text ?? '')
}
