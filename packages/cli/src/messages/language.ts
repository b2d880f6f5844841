/**
 * The sentences that people read, in their language. Every user-visible string of the command is in a catalogue.
 * Invariant: the language is chosen once, before the first sentence.
 */
import { en } from './en/index.ts'

/** What every catalogue has: the same keys, and the same parameters. */
export type Messages = typeof en

/** The catalogue in use. English costs no load; another language is a file of its own. */
export let t: Messages = en

/** Speaks Chinese where the locale says so (POSIX: `LC_ALL` before `LC_MESSAGES` before `LANG`), else English. */
export async function chooseLanguage(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  if (/^zh/i.test(locale)) t = (await import('./zh/index.ts')).zh
}
