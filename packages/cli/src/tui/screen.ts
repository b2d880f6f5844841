import { writeSync } from 'node:fs'
import { constants } from 'node:os'
import type { ReadStream, WriteStream } from 'node:tty'

/**
 * The terminal's modes while the chat has the screen.
 * Entering the alternate screen leaves the cursor where it was, so it is sent home. Automatic wrapping is off: a
 * terminal that measures an emoji differently then cuts the row short instead of breaking the frame.
 */
const SETTLE = '\x1b[2J\x1b[H\x1b[?7l'
const ENTER = `\x1b[?1049h${SETTLE}`
const PASTE_ON = '\x1b[?2004h'

/** Ends a synchronised update and bracketed paste as well, since the program may end in the middle of a frame. */
const LEAVE = '\x1b[?2026l\x1b[?2004l\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h'

const CLEAR = '\x1b[2J\x1b[H'

/** Who still runs after this has not been stopped, in milliseconds. */
const NOT_STOPPED_MS = 200

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

export type ScreenOptions = {
  stdin: ReadStream
  stdout: WriteStream
  /** A signal came that ends the chat. */
  onSignal: () => void
  /** The process was stopped and goes on: nothing is on the screen. */
  onResume: () => void
}

export type Screen = {
  /** Blanks the screen, for a frame that is drawn from nothing. */
  clear(): void
  /** Gives the terminal to the shell and stops the process. When it goes on, the terminal is taken again. */
  suspend(): void
  /** Restores the terminal. May be called more than once. */
  leave(): void
}

/**
 * Takes the screen. It is given back on every way out: `leave`, the end of the process (after an exception that nobody
 * catches, Node says so before it prints the stack, which can then be read), and signals, which end the chat in order.
 */
export function openScreen({ stdin, stdout, onSignal, onResume }: ScreenOptions): Screen {
  let isOpen = true
  let isSuspended = false

  const leave = () => {
    if (!isOpen) return
    isOpen = false
    process.off('exit', leave)
    process.off('SIGCONT', resume)
    for (const signal of SIGNALS) process.off(signal, endBySignal)
    restore(stdin, stdout)
  }
  const endBySignal = (signal: NodeJS.Signals) => {
    process.exitCode = 128 + constants.signals[signal]
    onSignal()
  }
  // Also after a SIGSTOP from elsewhere, which cannot be noticed: the shell has changed the modes since.
  const resume = () => {
    if (!isOpen) return
    stdin.setRawMode(false) // libuv does nothing when it believes that the mode is set already
    stdin.setRawMode(true)
    stdout.write(`${isSuspended ? ENTER : SETTLE}${PASTE_ON}`)
    isSuspended = false
    onResume()
  }

  process.on('exit', leave)
  process.on('SIGCONT', resume)
  for (const signal of SIGNALS) process.on(signal, endBySignal)
  // Before anything shows, and not when Ink starts to read: an Enter that is typed in between would become a new line.
  if (stdin.isTTY) stdin.setRawMode(true)
  stdout.write(ENTER)

  return {
    clear: () => stdout.write(CLEAR),
    leave,
    suspend() {
      if (process.platform === 'win32') return
      isSuspended = true
      restore(stdin, stdout)
      process.kill(0, 'SIGTSTP') // the whole job: whatever started this one must stop too
      // The kernel does not stop a program that no shell could continue, such as one that tmux started itself.
      setTimeout(() => {
        if (isSuspended) resume()
      }, NOT_STOPPED_MS)
    },
  }
}

/** Without the event loop, which may be at its end. A terminal that is gone needs nothing restored. */
function restore(stdin: ReadStream, stdout: WriteStream): void {
  try {
    if (stdin.isTTY) stdin.setRawMode(false)
    if ('fd' in stdout && typeof stdout.fd === 'number') writeSync(stdout.fd, LEAVE)
    else stdout.write(LEAVE)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && GONE.has(error.code)
}

const GONE = new Set(['EIO', 'EPIPE', 'EBADF', 'EAGAIN', 'ENOTTY', 'ENXIO', 'ERR_STREAM_DESTROYED'])
