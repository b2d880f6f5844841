import { widthOf } from './graphemes.ts'
import type { View } from './view.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * By how many rows what is drawn below the scrollback begins further up than it was drawn, once the terminal has this many
 * columns: terminals break their rows anew, and the cursor stays on its character. xterm alone cuts them off.
 */
export function rowsBrokenUp({ lines, cursor }: View, columns: number, env: Env): number {
  if (env.XTERM_VERSION !== undefined && env.TMUX === undefined) return 0
  let rows = Math.floor(cursor.x / columns)
  for (const { spans } of lines.slice(0, cursor.y)) {
    const width = spans.reduce((sum, { text }) => sum + widthOf(text), 0)
    rows += Math.max(0, Math.ceil(width / columns) - 1)
  }
  return rows
}
