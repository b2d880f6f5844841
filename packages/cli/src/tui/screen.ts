import { writeSync } from 'node:fs'
import { constants } from 'node:os'
import type { ReadStream, WriteStream } from 'node:tty'

/**
 * The terminal's modes while the chat has the screen.
 * Entering the alternate screen leaves the cursor where it was, so it is sent home. Automatic wrapping is off: a
 * terminal that measures an emoji differently then cuts the row short instead of breaking the frame.
 */
const NO_WRAP = '\x1b[?7l'
const CLEAR = '\x1b[2J\x1b[H'
const ALTERNATE_ON = '\x1b[?1049h'
const ALTERNATE_OFF = '\x1b[?1049l'

/** Bracketed paste, and being told of focus. */
const LISTEN = '\x1b[?2004h\x1b[?1004h'

/** Buttons and wheel, as SGR. */
const MOUSE_ON = '\x1b[?1000h\x1b[?1006h'
const MOUSE_OFF = '\x1b[?1006l\x1b[?1000l'

/** Asks whether kitty's keyboard protocol is known, and for the colour of the ground. */
const ASK = '\x1b[?u\x1b]11;?\x07'

/** Only what tells keys apart: with more of the protocol, input methods have doubled characters. */
const KITTY_ON = '\x1b[>1u'
const KITTY_OFF = '\x1b[<u'

/** Ends a synchronised update as well, since the program may end in the middle of a frame. */
const RESTORE = `\x1b[?2026l${MOUSE_OFF}\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?7h`
const CURSOR_ON = '\x1b[?25h'

/** Who still runs after this has not been stopped, in milliseconds. */
const NOT_STOPPED_MS = 200

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

export type ScreenOptions = {
  stdin: ReadStream
  stdout: WriteStream
  /** What is drawn on; what is written there and what the screen writes stay in order. */
  output: { write(text: string): unknown }
  /** Whether the mouse wheel scrolls; the terminal's own selection then needs Shift. */
  mouse: boolean
  /** Whether only the end of the terminal's own scrollback is drawn on. */
  isInline: boolean
  /** A signal came that ends the chat. */
  onSignal: () => void
  /** The process was stopped and goes on: nothing is on the screen. */
  onResume: () => void
}

export type Screen = {
  /** Blanks the screen, for a frame that is drawn from nothing; one that ends a scrollback only if that was asked for. */
  clear(isAskedFor?: boolean): void
  /** Gives the terminal to the shell and stops the process. When it goes on, the terminal is taken again. */
  suspend(): void
  /** Gives the terminal to another program. */
  give(): void
  /** Takes the terminal back. */
  take(): void
  /** The terminal knows kitty's keyboard protocol. */
  useKitty(): void
  /** Whether the mouse is listened to; without, the terminal selects as usual. */
  useMouse(isOn: boolean): void
  /** Restores the terminal. May be called more than once. */
  leave(): void
}

/**
 * Takes the screen. It is given back on every way out: `leave`, the end of the process (after an exception that nobody
 * catches, Node says so before it prints the stack, which can then be read), and signals, which end the chat in order.
 */
export function openScreen({ stdin, stdout, output, mouse, isInline, onSignal, onResume }: ScreenOptions): Screen {
  let isOpen = true
  let isAway = false
  let hasKitty = false
  let hasMouse = mouse && !isInline
  const settle = isInline ? NO_WRAP : `${CLEAR}${NO_WRAP}`
  const enter = `${isInline ? '' : ALTERNATE_ON}${settle}`

  const leave = () => {
    if (!isOpen) return
    isOpen = false
    process.off('exit', leave)
    process.off('SIGCONT', take)
    for (const signal of SIGNALS) process.off(signal, endBySignal)
    if (!isAway) give()
  }
  const endBySignal = (signal: NodeJS.Signals) => {
    process.exitCode = 128 + constants.signals[signal]
    onSignal()
  }
  const listen = () => LISTEN + (hasMouse ? MOUSE_ON : '') + (hasKitty ? KITTY_ON : '')
  // Also after a SIGSTOP from elsewhere, which cannot be noticed: the shell has changed the modes since.
  const take = () => {
    if (!isOpen) return
    stdin.setRawMode(false) // libuv does nothing when it believes that the mode is set already
    stdin.setRawMode(true)
    output.write(`${isAway ? enter : settle}${listen()}`)
    isAway = false
    onResume()
  }
  const give = () => {
    isAway = true
    restore(stdin, stdout, `${hasKitty ? KITTY_OFF : ''}${RESTORE}${isInline ? '' : ALTERNATE_OFF}${CURSOR_ON}`)
  }

  process.on('exit', leave)
  process.on('SIGCONT', take)
  for (const signal of SIGNALS) process.on(signal, endBySignal)
  // Before anything shows, and not when Ink starts to read: an Enter that is typed in between would become a new line.
  if (stdin.isTTY) stdin.setRawMode(true)
  output.write(`${enter}${listen()}${process.env.TERM === 'linux' ? '' : ASK}`)

  return {
    clear: (isAskedFor = false) => (isInline && !isAskedFor) || output.write(CLEAR),
    leave,
    give,
    take,
    useKitty() {
      if (!hasKitty) output.write(KITTY_ON)
      hasKitty = true
    },
    useMouse(isOn) {
      hasMouse = isOn
      output.write(isOn ? MOUSE_ON : MOUSE_OFF)
    },
    suspend() {
      if (process.platform === 'win32') return
      give()
      process.kill(0, 'SIGTSTP') // the whole job: whatever started this one must stop too
      // The kernel does not stop a program that no shell could continue, such as one that tmux started itself.
      setTimeout(() => {
        if (isAway) take()
      }, NOT_STOPPED_MS)
    },
  }
}

/** Without the event loop, which may be at its end. A terminal that is gone needs nothing restored. */
function restore(stdin: ReadStream, stdout: WriteStream, modes: string): void {
  try {
    if (stdin.isTTY) stdin.setRawMode(false)
    if ('fd' in stdout && typeof stdout.fd === 'number') writeSync(stdout.fd, modes)
    else stdout.write(modes)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && GONE.has(error.code)
}

const GONE = new Set(['EIO', 'EPIPE', 'EBADF', 'EAGAIN', 'ENOTTY', 'ENXIO', 'ERR_STREAM_DESTROYED'])
