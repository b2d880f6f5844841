import { paint } from './theme.ts'
import type { View } from './view.ts'

/** What has the chat on the screen. */
export type Display = {
  /** Takes away what is drawn; what comes next is written in its place. */
  clear(): void
  /** Draws at the size that the view has now. */
  rerender(): void
  /** Draws no more. */
  end(): void
}

/** Draws the view by itself until Ink is loaded, which takes longer than all else of a start. Ink then puts the same cells over it. */
export class FirstFrame implements Display {
  readonly #view: () => View
  readonly #write: (text: string) => unknown
  readonly #isInline: boolean
  #drawn: View | undefined

  constructor(view: () => View, write: (text: string) => unknown, { isInline }: { isInline: boolean }) {
    this.#view = view
    this.#write = write
    this.#isInline = isInline
  }

  readonly rerender = (): void => {
    const view = this.#view()
    if (view === this.#drawn) return
    this.clear()
    this.#drawn = view
    const { lines, cursor } = view
    this.#write(lines.map(({ spans }) => paint(spans)).join('\r\n'))
    this.#write(`\r${move(lines.length - 1 - cursor.y, 'A')}${move(cursor.x, 'C')}`)
  }

  clear(): void {
    if (this.#drawn) this.#write(`${this.#toBegin()}\x1b[J`)
    this.#drawn = undefined
  }

  end(): void {
    if (this.#isInline) this.clear()
  }

  /** Whoever draws next begins where it began. What has changed since is taken away, and nothing else, so that nothing flickers. */
  giveWay(): void {
    if (this.#view() === this.#drawn) this.#write(this.#toBegin())
    else this.clear()
  }

  #toBegin(): string {
    return `\r${move(this.#drawn?.cursor.y ?? 0, 'A')}`
  }
}

function move(count: number, direction: 'A' | 'C'): string {
  return count > 0 ? `\x1b[${count}${direction}` : ''
}
