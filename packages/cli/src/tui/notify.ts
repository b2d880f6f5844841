import { sanitiseLine } from '../terminal/sanitise.ts'

export type Notify = 'off' | 'mentions' | 'all'

/** Least time between two notifications, in milliseconds: a busy room must not ring all the time. */
const PAUSE_MS = 5_000

/** Longest text of a notification, in characters. */
const MAX_TEXT = 120

export const BELL = '\x07'

type Env = Readonly<Record<string, string | undefined>>

/** Tells somebody who looks at another window that something was said. */
export class Notifier {
  readonly #notify: Notify
  readonly #env: Env
  readonly #write: (sequence: string) => void
  #last = Number.NEGATIVE_INFINITY

  constructor(notify: Notify, env: Env, write: (sequence: string) => void) {
    this.#notify = notify
    this.#env = env
    this.#write = write
  }

  said(uid: string, text: string, mentions: boolean): void {
    if (this.#notify === 'off' || (this.#notify === 'mentions' && !mentions)) return
    const now = performance.now()
    if (now - this.#last < PAUSE_MS) return
    this.#last = now
    this.#write(notification(uid, text, this.#env))
  }
}

/**
 * A desktop notification in the words of the terminal (OSC 99 of kitty, OSC 777 of foot, Ghostty and WezTerm, OSC 9 of
 * iTerm2), and the bell for every other. tmux has a bell of its own, and passes the rest on where that is allowed.
 */
export function notification(uid: string, text: string, env: Env): string {
  const osc = oscFor(plain(uid), plain(text), env)
  if (osc === undefined) return BELL
  return env.TMUX ? passed(osc) + BELL : osc
}

function oscFor(uid: string, text: string, env: Env): string | undefined {
  if (env.KITTY_WINDOW_ID || env.TERM === 'xterm-kitty') return `\x1b]99;;${uid}: ${text}\x1b\\`
  if (env.GHOSTTY_RESOURCES_DIR || env.WEZTERM_PANE || env.TERM?.startsWith('foot'))
    return `\x1b]777;notify;${uid};${text}\x1b\\`
  if (env.TERM_PROGRAM === 'iTerm.app' || env.LC_TERMINAL === 'iTerm2') return `\x1b]9;${uid}: ${text}\x1b\\`
  return undefined
}

/** Nothing that could end a sequence, or part its fields. */
function plain(text: string): string {
  return sanitiseLine(text).replaceAll(';', ',').slice(0, MAX_TEXT).toWellFormed()
}

/** In tmux's envelope for the terminal around it (`allow-passthrough`). */
export function passed(sequence: string): string {
  return `\x1bPtmux;${sequence.replaceAll('\x1b', '\x1b\x1b')}\x1b\\`
}

/** Most of OSC 52 that terminals take, in bytes of the text: xterm's limit for the whole sequence is 100 000. */
const MAX_COPIED = 74_000

/** Puts a text into the clipboard of the terminal; `undefined` if it is too long. */
export function copying(text: string, env: Env): string | undefined {
  const bytes = Buffer.from(text)
  if (bytes.length > MAX_COPIED) return undefined
  const osc = `\x1b]52;c;${bytes.toString('base64')}\x07`
  return env.TMUX ? osc + passed(osc) : osc
}
