/**
 * The sentences that people read, in their language. Every user-visible string of the command is in a catalogue.
 * Invariant: the language is chosen once, before the first sentence.
 */
import { en } from './en/index.ts'

export type Messages = typeof en

/** The catalogue in use. English costs no load; another language is a file of its own. */
export const t: Messages = en
