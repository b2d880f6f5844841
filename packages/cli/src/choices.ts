/** Which of the choices a text names. */
import { UsageError } from './failure.ts'
import { t } from './messages/language.ts'

/** `yes, no` → `['yes', 'no']` */
export function parseChoices(given: string): string[] {
  const choices = given.split(',').map((choice) => choice.trim())
  if (choices.some((choice) => choice === '')) throw new UsageError(t.ask.emptyChoice(given))
  if (new Set(choices.map(fold)).size < choices.length) throw new UsageError(t.ask.choiceTwice(given))
  return choices
}

/**
 * The choice that a text names, and no other: as a word, in upper or lower case. `undefined` if it names none, or several.
 * Of choices that begin alike the longest counts: "no-go" does not name "go" or "no".
 */
export function choiceIn(text: string, choices: readonly string[]): string | undefined {
  const longestFirst = [...choices].sort((a, b) => b.length - a.length).map((choice) => literally(fold(choice)))
  const words = new RegExp(`(?<![\\p{L}\\p{N}\\p{M}_])(?:${longestFirst.join('|')})(?![\\p{L}\\p{N}\\p{M}_])`, 'gu')
  const named = new Set(fold(text).match(words) ?? [])
  if (named.size !== 1) return undefined
  return choices.find((choice) => named.has(fold(choice)))
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
