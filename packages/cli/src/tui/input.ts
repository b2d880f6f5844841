import { MAX_TEXT_BYTES, normaliseName, textFault } from '@poll-chat/protocol'
import { t } from '../messages/language.ts'
import { MODES } from '../options.ts'
import { COMMANDS, type Command, parseCommand } from '../slash-commands.ts'
import { sanitiseText } from '../terminal/sanitise.ts'
import type { ChatStore } from './chat-store.ts'
import { type Completion, complete, completing, loadEmoji, wantsEmoji } from './completion.ts'
import { isOnFirstLine, isOnLastLine } from './editor.ts'
import type { KeyAction } from './keys.ts'
import type { Outbox } from './outbox.ts'
import { PanelInput } from './panel-input.ts'
import { MAX_PASTE } from './terminal-input.ts'

/** Most that the box holds, in UTF-16 units. More than a message, so that a long paste can be cut down by hand. */
const MAX_BOX = 4 * MAX_TEXT_BYTES

/** What the input needs done outside of the box. */
export type Deeds = {
  quit(): void
  redraw(): void
  clearScreen(): void
  suspend(): void
  /** Fetches what the reader has come near to. */
  load(): void
  findOlder(words: string): void
  findNewer(words: string): void
  endFinding(): void
  /** Shows the plain text, or the chat again. */
  showRaw(isRaw: boolean): void
  /** Puts a text into the terminal's clipboard. `false` if it is too long. */
  copy(text: string): boolean
  /** Lets the user's editor have the text of the box. */
  editElsewhere(): void
  changeMode(mode: string): void
  /** Another room, or with no name the list of them. */
  go(room: string): void
  goNext(): void
  /** The names of the rooms that are followed beside this one. */
  rooms(): readonly string[]
  /** The private room of that name and key. */
  enterWithKey(room: string, key: string): void
}

type Obeyed = Exclude<Command, { type: 'unknown' | 'say' }>

/** Turns key actions into changes of the store, each at once: the next key may come in the same read. */
export class Input {
  readonly #store: ChatStore
  readonly #outbox: Outbox
  readonly #deeds: Deeds
  readonly #panels: PanelInput
  /** What Tab offers, and which of it stands in the text. */
  #offer: (Completion & { chosen: number }) | undefined
  #emoji: ReadonlyMap<string, string> | undefined
  #isPrefixed = false

  constructor(store: ChatStore, outbox: Outbox, deeds: Deeds) {
    this.#store = store
    this.#outbox = outbox
    this.#deeds = deeds
    this.#panels = new PanelInput(store, deeds, {
      insert: (text) => this.#insert(text),
      say: (text) => this.#say(text),
    })
  }

  act(action: KeyAction): void {
    if (this.#panels.take(action)) return
    const isPrefixed = this.#isPrefixed
    this.#isPrefixed = action.type === 'prefix'
    if (action.type === 'tab') return this.#complete()
    this.#offer = undefined
    if (isPrefixed && action.type === 'edit' && action.edit.type === 'move' && action.edit.to === 'end')
      return this.#deeds.editElsewhere() // Ctrl-X Ctrl-E, as in every shell
    this.#actOnBox(action)
  }

  #actOnBox(action: KeyAction): void {
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
      case 'escape':
        this.#store.scroll({ to: 'end' })
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
      case 'search':
        this.#store.open({ type: 'search', words: '', matches: this.#store.history.matches(''), position: 0 })
        break
      case 'find':
        this.#find('')
        break
      case 'raw':
        this.#deeds.showRaw(true)
        break
      case 'next-room':
        this.#deeds.goNext()
        break
      case 'redraw':
        this.#deeds.redraw()
        break
      case 'suspend':
        this.#deeds.suspend()
    }
  }

  /** A paste never sends by itself, whatever is in it. One of several lines is asked about. */
  paste(raw: string): void {
    this.#offer = undefined
    if (raw.length >= MAX_PASTE) return this.#store.hint(t.chat.pasteTooLong)
    const text = sanitiseText(raw).replace(/\n+$/, '')
    if (this.#panels.paste(text)) return
    if (!text.includes('\n')) this.#insert(text)
    else if (this.#fits(text)) this.#store.open({ type: 'paste', text })
  }

  #insert(raw: string): void {
    const text = sanitiseText(raw)
    if (text !== '' && this.#fits(text)) this.#store.edit({ type: 'insert', text })
  }

  #fits(text: string): boolean {
    if (this.#store.editor.text.length + text.length <= MAX_BOX) return true
    this.#store.hint(t.chat.pasteTooMuch(text.length))
    return false
  }

  #recall(text: string | undefined): void {
    if (text !== undefined) this.#store.edit({ type: 'replace', text })
  }

  /** Tab puts the first candidate in; again, the next. Emoji are loaded with the first use; all else is there at once. */
  #complete(): void {
    const { editor } = this.#store
    if (this.#offer) {
      const { chosen, candidates } = this.#offer
      this.#choose({ ...this.#offer, chosen: (chosen + 1) % candidates.length })
    } else if (wantsEmoji(editor) && !this.#emoji) {
      void this.#loadEmoji(editor.text)
    } else {
      const found = complete(editor, {
        uids: () => this.#store.transcript.speakers().map(({ uid }) => uid),
        commands: Object.keys(COMMANDS),
        following: { mode: () => MODES, room: () => this.#deeds.rooms() },
        emoji: this.#emoji,
      })
      if (found) this.#choose({ ...found, chosen: 0 })
    }
  }

  async #loadEmoji(text: string): Promise<void> {
    this.#emoji = await loadEmoji()
    if (this.#store.editor.text === text) this.#complete()
  }

  #choose(offer: Completion & { chosen: number }): void {
    const candidate = offer.candidates[offer.chosen] ?? ''
    this.#store.edit(completing(this.#store.editor, offer, candidate))
    this.#offer = { ...offer, end: offer.start + candidate.length }
    if (offer.candidates.length > 1)
      this.#store.hint(
        offer.candidates.map((other, i) => (i === offer.chosen ? `[${other.trim()}]` : other.trim())).join(' '),
      )
  }

  /** What cannot be sent or obeyed stays in the box. */
  #submit(text: string): void {
    if (text.trim() === '') return
    const command = parseCommand(text)
    if (command.type === 'unknown')
      return this.#store.hint(capital(t.chat.unknownCommand(command.name, command.suggestion)))
    if (command.type !== 'say') {
      const fault = faultOf(command)
      if (fault !== undefined) return this.#store.hint(fault)
    } else if (!this.#say(command.text)) return
    this.#store.history.add(text)
    this.#store.edit({ type: 'replace', text: '' })
    this.#store.saveDraft()
    if (command.type !== 'say') return this.#obey(command)
    this.#store.scroll({ to: 'end' })
  }

  /** Sends a text, unless it is none that can be sent: then it says why. */
  #say(text: string): boolean {
    const fault = textFault(text)
    if (fault) this.#store.hint(fault.detail)
    else this.#outbox.submit(text)
    return fault === undefined
  }

  #obey({ type, rest }: Obeyed): void {
    switch (type) {
      case 'quit':
        return this.#deeds.quit()
      case 'help':
        return this.#tell(t.chat.help)
      case 'retry':
        return this.#retry()
      case 'edit':
        return this.#takeBack()
      case 'clear':
        this.#store.clear()
        return this.#deeds.clearScreen()
      case 'raw':
        return this.#deeds.showRaw(true)
      case 'find':
        return this.#find(rest)
      case 'copy':
        return this.#copy()
      case 'who':
        return this.#tell(this.#who())
      case 'room':
        return this.#deeds.go(rest)
      case 'key':
        return this.#askKey(rest)
      case 'mode':
        return this.#deeds.changeMode(rest)
    }
  }

  #askKey(given: string): void {
    const room = normaliseName(given.replace(/!$/, ''))
    if (given === '') this.#store.hint(t.chat.keyWantsRoom)
    else if (room === undefined) this.#store.hint(t.usage.notARoom(given))
    else this.#store.open({ type: 'key', room, words: '' })
  }

  #tell(text: string): void {
    this.#store.notice(text)
    this.#store.scroll({ to: 'end' })
  }

  #find(words: string): void {
    this.#deeds.endFinding()
    this.#store.open({ type: 'find', words })
    if (words !== '') this.#deeds.findOlder(words)
  }

  #copy(): void {
    const text = this.#store.transcript.newest()?.text
    if (text === undefined) this.#store.hint(t.chat.nothingToCopy)
    else this.#store.hint(this.#deeds.copy(text) ? t.chat.copied([...text].length) : t.chat.copyTooLong)
  }

  #who(): string {
    const { here } = this.#store.people
    const present = here.length === 0 ? '' : `${t.chat.areHere(here.slice(0, 50).join(', '))}\n`
    const people = this.#store.transcript.speakers().slice(0, 20)
    if (people.length === 0) return present + t.chat.nobodySpoke
    return (
      present + t.chat.spokeLately(people.map(({ uid, at }) => `${uid} (${t.chat.ago(Date.now() - at)})`).join(', '))
    )
  }

  #retry(): void {
    if (this.#outbox.retry() === 0) this.#store.hint(t.chat.nothingFailed)
  }

  #takeBack(): void {
    const text = this.#outbox.takeBack()
    if (text === undefined) this.#store.hint(t.chat.nothingFailed)
    else this.#store.edit({ type: 'replace', text })
  }
}

/** What is wrong with what follows a command. */
function faultOf({ type, rest }: Obeyed): string | undefined {
  if (type === 'me') return t.chat.wantsWords(type)
  const takes = COMMANDS[type]
  return takes === '' && rest !== '' ? t.chat.takesNothing(type) : undefined
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}
