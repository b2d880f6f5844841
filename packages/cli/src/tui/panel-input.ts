import { ROOM_KEY_PATTERN, textFault } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import type { ChatStore } from './chat-store.ts'
import { previousBoundary } from './graphemes.ts'
import type { Deeds } from './input.ts'
import type { KeyAction } from './keys.ts'
import type { Panel } from './panel.ts'

type Box = { insert(text: string): void; say(text: string): boolean }

/** The keys while something above the box has them. */
export class PanelInput {
  readonly #store: ChatStore
  readonly #deeds: Deeds
  readonly #box: Box

  constructor(store: ChatStore, deeds: Deeds, box: Box) {
    this.#store = store
    this.#deeds = deeds
    this.#box = box
  }

  /** Whether the key was for a panel. */
  take(action: KeyAction): boolean {
    const { panel } = this.#store
    if (!panel) return false
    if (panel.type === 'raw') this.#deeds.showRaw(false)
    else if (action.type === 'redraw') this.#deeds.redraw()
    else if (action.type === 'escape' || action.type === 'interrupt') this.#close()
    else if (panel.type === 'paste') this.#answerPaste(panel.text, action)
    else if (panel.type === 'search') return this.#search(panel, action)
    else if (panel.type === 'key') return this.#answerKey(panel, action)
    else return this.#find(panel, action)
    return true
  }

  /** Whether a paste was for a panel, as words to look for or as something that there is no room for now. */
  paste(text: string): boolean {
    const { panel } = this.#store
    if (panel && 'words' in panel) this.#ask(panel, panel.words + text.replaceAll('\n', ' '))
    return panel !== undefined
  }

  #close(): void {
    this.#deeds.endFinding()
    this.#store.open(undefined)
  }

  #answerPaste(text: string, action: KeyAction): void {
    if (action.type === 'submit') {
      this.#store.open(undefined)
      this.#box.insert(text)
    } else if (action.type === 'edit' && action.edit.type === 'insert' && /^l$/i.test(action.edit.text)) {
      this.#sendLines(text)
    }
  }

  /** All of them or none: half a paste that was sent cannot be taken back. */
  #sendLines(text: string): void {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    const faulty = lines.findIndex((line) => textFault(line) !== undefined)
    this.#store.open(undefined)
    if (faulty !== -1)
      return this.#store.hint(t.chat.lineCannotBeSent(faulty + 1, textFault(lines[faulty] ?? '')?.detail ?? ''))
    for (const line of lines) this.#box.say(line)
    this.#store.scroll({ to: 'end' })
  }

  #search(panel: Extract<Panel, { type: 'search' }>, action: KeyAction): boolean {
    if (this.#typed(panel, action)) return true
    const last = panel.matches.length - 1
    if (action.type === 'search' || action.type === 'up')
      this.#store.open({ ...panel, position: Math.min(panel.position + 1, Math.max(0, last)) })
    else if (action.type === 'down') this.#store.open({ ...panel, position: Math.max(0, panel.position - 1) })
    else {
      // Whatever else is pressed takes what was found into the box, where the key does what it does there.
      const text = panel.matches[panel.position]
      this.#store.open(undefined)
      if (text !== undefined) this.#store.edit({ type: 'replace', text })
      return action.type === 'submit' || action.type === 'tab'
    }
    return true
  }

  #find(panel: Extract<Panel, { type: 'find' }>, action: KeyAction): boolean {
    if (this.#typed(panel, action)) return true
    if (action.type === 'submit' || action.type === 'up' || action.type === 'find') this.#deeds.findOlder(panel.words)
    else if (action.type === 'down') this.#deeds.findNewer(panel.words)
    else return action.type !== 'scroll' && action.type !== 'times'
    return true
  }

  #answerKey(panel: Extract<Panel, { type: 'key' }>, action: KeyAction): boolean {
    if (this.#typed(panel, action) || action.type !== 'submit') return action.type !== 'scroll'
    const key = panel.words.trim()
    if (!ROOM_KEY_PATTERN.test(key)) this.#store.hint(t.chat.notARoomKey)
    else {
      this.#store.open(undefined)
      this.#deeds.enterWithKey(panel.room, key)
    }
    return true
  }

  /** The words of a panel are edited at their end only. */
  #typed(panel: Extract<Panel, { words: string }>, action: KeyAction): boolean {
    if (action.type !== 'edit') return false
    const { edit } = action
    if (edit.type === 'insert') this.#ask(panel, panel.words + edit.text.replaceAll('\n', ' '))
    else if (edit.type === 'erase' && edit.to === 'left')
      this.#ask(panel, panel.words.slice(0, previousBoundary(panel.words, panel.words.length)))
    else if (edit.type === 'erase' && edit.to !== 'right') this.#ask(panel, '')
    else return false
    return true
  }

  #ask(panel: Extract<Panel, { words: string }>, words: string): void {
    if (panel.type === 'search')
      return this.#store.open({ ...panel, words, matches: this.#store.history.matches(words), position: 0 })
    if (panel.type === 'find') this.#deeds.endFinding()
    this.#store.open({ ...panel, words })
  }
}
