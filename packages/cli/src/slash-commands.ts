export type Command =
  | { type: 'say'; text: string }
  | { type: 'quit' | 'help' | 'retry' | 'edit' }
  | { type: 'unknown'; name: string }

export const HELP = {
  names: '/help, /retry, /edit and /quit',
  text: [
    'Enter sends · Alt-Enter or Ctrl-J begins a new line · ↑ ↓ earlier texts · PgUp PgDn, Shift-↑ ↓, Ctrl-Home/End scroll · Alt-U first unread · Esc newest · Ctrl-T times',
    '/retry or Alt-R sends again what failed · /edit or Alt-E brings it back to the box · // at the beginning sends a slash',
    'Ctrl-C empties the box (Ctrl-Y brings it back) or quits · Ctrl-L draws the screen anew · /quit or /q leaves',
  ].join('\n'),
}

/** What the text in the box means. `//` at the beginning is a slash; any other `/word` is a command, never a message. */
export function parseCommand(text: string): Command {
  if (text.startsWith('//')) return { type: 'say', text: text.slice(1) }
  const name = /^\/(\S*)\s*$/.exec(text)?.[1] ?? /^\/(\S+)/.exec(text)?.[1]
  if (name === undefined) return { type: 'say', text }
  switch (name) {
    case 'q':
    case 'quit':
      return { type: 'quit' }
    case 'help':
    case 'retry':
    case 'edit':
      return { type: name }
    default:
      return { type: 'unknown', name }
  }
}
