import { MAX_TEXT_BYTES, textFault } from '@poll-chat/protocol'
import { type Command, HELP, parseCommand } from '../slash-commands.ts'
import { sanitiseText } from '../terminal/sanitise.ts'
import type { ChatStore } from './chat-store.ts'
import { isOnFirstLine, isOnLastLine } from './editor.ts'
import type { KeyAction } from './keys.ts'
import type { Outbox } from './outbox.ts'
import { MAX_PASTE } from './terminal-input.ts'

/** Most that the box holds, in UTF-16 units. More than a message, so that a long paste can be cut down by hand. */
const MAX_BOX = 4 * MAX_TEXT_BYTES

/** What the input needs done outside of the box. */
export type Deeds = { quit(): void; redraw(): void; suspend(): void; load(): void }

/** Turns key actions into changes of the store, each at once: the next key may come in the same read. */
export class Input {
  readonly #store: ChatStore
  readonly #outbox: Outbox
  readonly #deeds: Deeds

  constructor(store: ChatStore, outbox: Outbox, deeds: Deeds) {
    this.#store = store
    this.#outbox = outbox
    this.#deeds = deeds
  }

  act(action: KeyAction): void {
    const { editor } = this.#store
    switch (action.type) {
      case 'edit':
        if (action.edit.type === 'insert') this.#insert(action.edit.text)
        else this.#store.edit(action.edit)
        break
      case 'scroll':
        this.#store.scroll(action.scroll)
        this.#deeds.load()
        break
      case 'submit':
        this.#submit(editor.text)
        break
      case 'up':
        if (isOnFirstLine(editor)) this.#recall(this.#store.history.older(editor.text))
        else this.#store.edit({ type: 'move', to: 'up' })
        break
      case 'down':
        if (isOnLastLine(editor)) this.#recall(this.#store.history.newer())
        else this.#store.edit({ type: 'move', to: 'down' })
        break
      case 'interrupt':
        if (editor.text === '') this.#deeds.quit()
        else this.#store.edit({ type: 'clear' })
        break
      case 'end-of-input':
        if (editor.text === '') this.#deeds.quit()
        else this.#store.edit({ type: 'erase', to: 'right' })
        break
      case 'retry':
        this.#retry()
        break
      case 'take-back':
        this.#takeBack()
        break
      case 'times':
        this.#store.nextTimes()
        break
      case 'redraw':
        this.#deeds.redraw()
        break
      case 'suspend':
        this.#deeds.suspend()
    }
  }

  /** A paste never sends by itself, whatever is in it. */
  paste(text: string): void {
    if (text.length >= MAX_PASTE) this.#store.hint('Not inserted: the paste is too long for any message.')
    else this.#insert(text)
  }

  #insert(raw: string): void {
    const text = sanitiseText(raw)
    if (this.#store.editor.text.length + text.length > MAX_BOX) {
      this.#store.hint(`Not inserted: ${raw.length} characters are too many for one message.`)
    } else if (text !== '') {
      this.#store.edit({ type: 'insert', text })
    }
  }

  #recall(text: string | undefined): void {
    if (text !== undefined) this.#store.edit({ type: 'replace', text })
  }

  /** What cannot be sent or obeyed stays in the box. */
  #submit(text: string): void {
    if (text.trim() === '') return
    const command = parseCommand(text)
    if (command.type === 'unknown') {
      this.#store.hint(`There is no /${command.name}. There is ${HELP.names}; // sends a slash.`)
      return
    }
    const fault = command.type === 'say' ? textFault(command.text) : undefined
    if (fault) {
      this.#store.hint(fault.detail)
      return
    }
    this.#store.history.add(text)
    this.#store.edit({ type: 'replace', text: '' })
    this.#store.scroll({ to: 'end' })
    this.#obey(command)
  }

  #obey(command: Exclude<Command, { type: 'unknown' }>): void {
    switch (command.type) {
      case 'say':
        this.#outbox.submit(command.text)
        break
      case 'quit':
        this.#deeds.quit()
        break
      case 'help':
        this.#store.notice(HELP.text)
        break
      case 'retry':
        this.#retry()
        break
      case 'edit':
        this.#takeBack()
    }
  }

  #retry(): void {
    if (this.#outbox.retry() === 0) this.#store.hint('Nothing has failed.')
  }

  #takeBack(): void {
    const text = this.#outbox.takeBack()
    if (text === undefined) this.#store.hint('Nothing has failed.')
    else this.#store.edit({ type: 'replace', text })
  }
}
