import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawn } from '@lydell/node-pty'
import graphemes from '@xterm/addon-unicode-graphemes'
import headless from '@xterm/headless'
import { build } from 'rolldown'

/** Bundles the fixture: Node strips types, but no JSX. Returns the file to run. */
export async function bundleFixture(): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'poll-chat-tui-')), 'chat.mjs')
  await build({
    input: fileURLToPath(new URL('fixture/chat.ts', import.meta.url)),
    platform: 'node',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    plugins: [
      {
        name: 'without-devtools',
        resolveId: (id) => (id === 'react-devtools-core' ? '\0none' : null),
        load: (id) => (id === '\0none' ? 'export default {}' : null),
      },
    ],
    output: { file, format: 'esm', codeSplitting: false },
  })
  return file
}

/**
 * Runs a program, and ends when the terminal has read all that it wrote: a busy test process that hears of the end 200 ms late
 * would lose the rest (node-pty closes its side then).
 */
const UNTIL_READ = `
  trap : HUP INT TERM
  "$@"
  code=$?
  stty raw -echo
  printf '\\033[5n'
  head -c 4 > /dev/null
  exit $code`

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const REDRAWN = /\x1b\[2J.*\x1b\[\?2026l/s

type Options = {
  columns?: number
  rows?: number
  env?: Record<string, string>
  /** Measures every code point by itself, as older terminals do: a family is eight columns wide. @default false */
  legacyWidths?: boolean
}

/** A program in a real pseudo-terminal, and an emulator that shows what it draws. */
export class Terminal {
  readonly #emulator
  readonly #pty
  #raw = ''
  #exit: { exitCode: number; signal?: number | undefined } | undefined

  constructor(file: string, { columns = 80, rows = 20, env = {}, legacyWidths = false }: Options = {}) {
    this.#emulator = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1_000 })
    this.#emulator.loadAddon(new graphemes.UnicodeGraphemesAddon())
    this.#emulator.unicode.activeVersion = legacyWidths ? '6' : '15-graphemes'
    this.#pty = spawn('/bin/sh', ['-c', UNTIL_READ, 'sh', process.execPath, file], {
      name: 'xterm-256color',
      cols: columns,
      rows,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, TZ: 'UTC', CI: 'true', TERM: 'xterm-256color', ...env },
    })
    this.#pty.onData((data) => {
      this.#raw += data
      this.#emulator.write(data)
    })
    this.#emulator.onData((answer) => this.#pty.write(answer))
    this.#pty.onExit((exit) => {
      this.#exit = exit
    })
  }

  type(...chunks: string[]): void {
    for (const chunk of chunks) this.#pty.write(chunk)
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows)
    this.#pty.resize(columns, rows)
  }

  /** Another program writes over the screen. */
  scribble(text: string): void {
    this.#emulator.write(text)
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(-this.#pty.pid, signal)
  }

  get raw(): string {
    return this.#raw
  }

  get lines(): string[] {
    const { active } = this.#emulator.buffer
    return Array.from({ length: this.#emulator.rows }, (_, y) =>
      (active.getLine(active.baseY + y)?.translateToString(true) ?? '').trimEnd(),
    )
  }

  get screen(): string {
    return this.lines.join('\n')
  }

  get cursor(): { x: number; y: number; visible: boolean } {
    const { active } = this.#emulator.buffer
    return {
      x: active.cursorX,
      y: active.cursorY,
      visible: this.#raw.lastIndexOf('\x1b[?25h') > this.#raw.lastIndexOf('\x1b[?25l'),
    }
  }

  /** The modes that must be as before when the program has ended. */
  get modes() {
    const { bracketedPasteMode, wraparoundMode } = this.#emulator.modes
    return {
      screen: this.#emulator.buffer.active.type,
      bracketedPasteMode,
      wraparoundMode,
      cursorVisible: this.cursor.visible,
    }
  }

  get exit() {
    return this.#exit
  }

  /** Waits until something is so on the screen; says what was there instead. */
  async until(what: string | RegExp | (() => boolean), timeoutMs = 20_000): Promise<void> {
    const holds =
      typeof what === 'function'
        ? what
        : () => (typeof what === 'string' ? this.screen.includes(what) : what.test(this.screen))
    const endsAt = Date.now() + timeoutMs
    while (!holds()) {
      if (Date.now() > endsAt) throw new Error(`Waited for ${what}; the screen shows:\n${this.screen}`)
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
  }

  /** Does what has the screen blanked and drawn anew, and resolves when the new frame is on it. */
  async redraws(act: () => void): Promise<void> {
    const from = this.#raw.length
    act()
    await this.until(() => REDRAWN.test(this.#raw.slice(from)))
    await new Promise<void>((resolve) => this.#emulator.write('', resolve)) // the emulator is behind what was read
  }

  dispose(): void {
    if (!this.#exit) this.kill('SIGKILL')
    this.#emulator.dispose()
  }
}
