import type { EditAction, Editor } from './editor.ts'

/** What can stand where the cursor is, and which part of the text it replaces. */
export type Completion = { start: number; end: number; candidates: readonly string[] }

export type Sources = {
  /** Who has spoken, most recent first. */
  uids: () => readonly string[]
  commands: readonly string[]
  /** What may follow a command, by its name. */
  following: Readonly<Record<string, () => readonly string[]>>
  /** Names and their emoji; `undefined` until they are loaded. */
  emoji: ReadonlyMap<string, string> | undefined
}

/** More than fit on a line help nobody. */
const MAX_CANDIDATES = 40

/** What Tab can do at the cursor: `/commands` at the beginning and what follows them, `@uid` or `uid`, `:emoji:`. */
export function complete(editor: Editor, sources: Sources): Completion | undefined {
  const { cursor } = editor
  const word = wordBefore(editor)
  const start = cursor - word.length
  const completion = (candidates: readonly string[]): Completion | undefined =>
    candidates.length === 0 ? undefined : { start, end: cursor, candidates: candidates.slice(0, MAX_CANDIDATES) }

  if (start === 0 && /^\/[a-z]*$/.test(word)) {
    return completion(sources.commands.map((name) => `/${name} `).filter((command) => command.startsWith(word)))
  }
  const [, command = ''] = /^\/([a-z]+) +$/.exec(editor.text.slice(0, start)) ?? []
  if (Object.hasOwn(sources.following, command)) {
    const values = sources.following[command]?.() ?? []
    return completion(values.filter((value) => value.toLowerCase().startsWith(word.toLowerCase())))
  }
  if (EMOJI_NAME.test(word)) return completion(emojiFor(word.slice(1).toLowerCase(), sources.emoji ?? new Map()))
  const [, at = '', begun = ''] = /^(@?)(.*)$/su.exec(word) ?? []
  if (at === '' && begun === '') return undefined
  const wanted = begun.toLowerCase()
  const end = start === 0 && at === '' ? ': ' : ' '
  const uids = sources.uids().filter((uid) => uid.toLowerCase().startsWith(wanted))
  return completion(uids.map((uid) => `${at}${uid}${end}`))
}

const EMOJI_NAME = /^:[a-z0-9_+-]{2,}$/i

/** Whether what is to be completed is the name of an emoji. */
export function wantsEmoji(editor: Editor): boolean {
  return EMOJI_NAME.test(wordBefore(editor))
}

function wordBefore({ text, cursor }: Editor): string {
  return /[^\s]*$/u.exec(text.slice(0, cursor))?.[0] ?? ''
}

function emojiFor(begun: string, emoji: ReadonlyMap<string, string>): string[] {
  const names = [...emoji]
  const beginning = names.filter(([name]) => name.startsWith(begun))
  const within = names.filter(([name]) => !name.startsWith(begun) && name.includes(begun))
  beginning.sort(([a], [b]) => a.length - b.length)
  return [...new Set([...beginning, ...within].map(([, emoji]) => emoji))]
}

/** Puts the candidate in, in place of what is there. */
export function completing({ text }: Editor, { start, end }: Completion, candidate: string): EditAction {
  return { type: 'put', text: text.slice(0, start) + candidate + text.slice(end), cursor: start + candidate.length }
}

/** GitHub's names of emoji. */
export async function loadEmoji(): Promise<ReadonlyMap<string, string>> {
  const { nameToEmoji } = await import('gemoji')
  return new Map(Object.entries(nameToEmoji))
}
