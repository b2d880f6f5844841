/** While the terminal shows something else than the chat: another program, or the plain text. */
import type { ReadStream } from 'node:tty'
import { t } from '../messages/language.ts'
import type { ChatStore } from './chat-store.ts'
import { editElsewhere, editorOf } from './external-editor.ts'
import type { Item } from './items.ts'
import { reasonOf } from './refusal.ts'
import type { Screen } from './screen.ts'
import type { TerminalInput } from './terminal-input.ts'
import { timeOf } from './times.ts'

/** Items in the plain text; the terminal's own scrollback takes them. */
const RAW_ITEMS = 2_000

export type AwayOptions = {
  screen: Screen
  keyboard: TerminalInput
  stdin: ReadStream
  env: Readonly<Record<string, string | undefined>>
  /** Writes past whatever draws the chat. */
  write: (text: string) => void
}

export class Away {
  /** Nothing may be drawn now. */
  isAway = false
  readonly #options: AwayOptions

  constructor(options: AwayOptions) {
    this.#options = options
  }

  /** The conversation without borders, marks and wrapping, on the normal screen, where the terminal selects and scrolls. */
  showRaw(store: ChatStore, isRaw: boolean): void {
    const { screen, stdin, write } = this.#options
    if (isRaw === this.isAway) return
    if (!isRaw) {
      this.#comeBack()
      store.open(undefined)
      return
    }
    store.open({ type: 'raw' })
    this.isAway = true
    screen.give()
    if (stdin.isTTY) stdin.setRawMode(true) // any key leads back
    write(`${rawText(store)}${t.chat.rawBegins}\r\n`)
  }

  async editElsewhere(store: ChatStore): Promise<void> {
    const { screen, keyboard, env } = this.#options
    if (this.isAway) return
    this.isAway = true
    screen.give()
    keyboard.yieldTo(true)
    let edited: string | undefined
    let fault: unknown
    try {
      edited = await editElsewhere(store.editor.text, env)
    } catch (error) {
      fault = error
    }
    keyboard.yieldTo(false)
    this.#comeBack()
    if (edited !== undefined) store.edit({ type: 'replace', text: edited })
    else store.hint(t.chat.editorFailed(editorOf(env), reasonOf(fault)))
  }

  #comeBack(): void {
    this.isAway = false
    this.#options.screen.take()
  }
}

function rawText({ transcript }: ChatStore): string {
  const lines: string[] = []
  for (let i = Math.max(0, transcript.length - RAW_ITEMS); i < transcript.length; i++) {
    const item = transcript.at(i)
    if (item) lines.push(...rawLines(item))
  }
  return lines.map((line) => `${line}\r\n`).join('')
}

/** The first line says when and who; the others are as they are, so that code can be copied. */
function rawLines(item: Item): string[] {
  if (item.kind === 'message' || item.kind === 'local')
    return `${timeOf(item.at)} ${item.uid}: ${item.text}`.split('\n')
  return item.kind === 'notice' ? item.text.split('\n') : []
}
