/** What a text means that begins with a slash. Used by every way to chat, so it loads nothing. */

/** The commands, with what may follow them. */
export const COMMANDS = {
  help: '',
  room: 'NAME',
  key: 'NAME',
  find: 'WORDS',
  who: '',
  me: 'TEXT',
  mode: 'auto|long|poll|sse|ws',
  retry: '',
  edit: '',
  copy: '',
  raw: '',
  clear: '',
  quit: '',
} as const

export type CommandName = keyof typeof COMMANDS

export type Command =
  | { type: 'say'; text: string }
  | { type: CommandName; rest: string }
  | { type: 'unknown'; name: string; suggestion: string | undefined }

/** `//` at the beginning is a slash; any other `/word` is a command, never a message. `/me` is a message that begins so. */
export function parseCommand(text: string): Command {
  if (text.startsWith('//')) return { type: 'say', text: text.slice(1) }
  const [, given, rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? []
  if (given === undefined) return { type: 'say', text }
  const name = given.toLowerCase() === 'q' ? 'quit' : given.toLowerCase()
  if (name === 'me' && rest.trim() !== '') return { type: 'say', text: `/me ${rest}` }
  return isCommand(name)
    ? { type: name, rest: rest.trim() }
    : { type: 'unknown', name: given, suggestion: nearest(name) }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

/** A text that says what its sender does, and that says it. XEP-0245: clients that do not know it show it as it is. */
export function actionIn(text: string): string | undefined {
  return text.startsWith('/me ') ? text.slice('/me '.length) : undefined
}

/** The command that was meant, if it is no more than two letters away. */
function nearest(name: string): string | undefined {
  const known = Object.keys(COMMANDS).map((command) => ({ command, distance: distance(name, command) }))
  const best = known.sort((a, b) => a.distance - b.distance)[0]
  return best && best.distance <= Math.min(2, name.length - 1) ? best.command : undefined
}

/** How many letters must be put in, taken out, exchanged or swapped with the next to make one word of another. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const at = (up: number, left: number) => rows[i - up]?.[j - left] ?? 99
      let least = Math.min(at(1, 0) + 1, (row[j - 1] ?? 99) + 1, at(1, 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, at(2, 2) + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 99
}
