import { EventEmitter } from 'node:events'
import type { ReadStream } from 'node:tty'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_PASTE, TerminalInput } from '../../src/tui/terminal-input.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A terminal that says what the test makes it say, and what the chat heard of it. */
function open() {
  const source = Object.assign(new EventEmitter(), {
    isTTY: true,
    setEncoding: () => undefined,
    setRawMode: () => undefined,
    pause: () => undefined,
  })
  const heard: unknown[] = []
  const keys: string[] = []
  const input = new TerminalInput(source as unknown as ReadStream, {
    wheel: (rows) => heard.push({ wheel: rows }),
    focus: (hasFocus) => heard.push({ focus: hasFocus }),
    ground: (colour) => heard.push({ ground: colour.map(Math.round) }),
    kitty: () => heard.push('kitty'),
    f2: () => heard.push('F2'),
  })
  input.setEncoding('utf8')
  input.on('data', (text: string) => keys.push(text))
  return {
    heard,
    keys: async () => {
      await Promise.resolve()
      input.read(0)
      return keys.join('')
    },
    say: (...chunks: string[]) => {
      for (const chunk of chunks) source.emit('data', chunk)
    },
  }
}

describe('what a terminal says', () => {
  const said =
    'a\x1b[<64;10;5Mb\x1b[I\x1b[200~one\r\n\x1b[31mtwo\x1b[201~c\x1b[O\x1b]11;rgb:ffff/0000/80\x1b\\\x1b[A\x1b[?1u\x1bOQ\x1b[<65;1;1m日本'

  it('is taken apart, in order, wherever the reads cut it', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: said.length - 1 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const { heard, keys, say } = open()
        const ends = [...new Set(places), said.length].sort((a, b) => a - b)
        let from = 0
        for (const end of ends) {
          say(said.slice(from, end))
          from = end
        }
        expect(heard).toEqual([
          { wheel: -3 },
          { focus: true },
          { focus: false },
          { ground: [255, 0, 128] },
          'kitty',
          'F2',
          { wheel: 3 },
        ])
        expect(await keys()).toBe('ab\x1b[200~one\r\n\x1b[31mtwo\x1b[201~c\x1b[A日本')
      }),
    )
  })

  it('is Escape by itself when nothing follows soon', async () => {
    const { keys, say } = open()
    say('\x1b')
    expect(await keys()).toBe('')
    vi.advanceTimersByTime(50)
    expect(await keys()).toBe('\x1b')
  })

  it('is a paste that ends by itself when its end is lost, and the next keys are keys', async () => {
    const { keys, say } = open()
    say('\x1b[200~lost', ' end')
    vi.advanceTimersByTime(2_000)
    say('x\x03')
    expect(await keys()).toBe('\x1b[200~lost end\x1b[201~x\x03')
  })

  it('is a paste of 3 MB of which no more than can be of use is kept', async () => {
    const { keys, say } = open()
    say('\x1b[20', '0~', ...Array.from({ length: 48 }, () => 'x'.repeat(65_536)), '\x1b[2', '01~after')
    expect(await keys()).toBe(`\x1b[200~${'x'.repeat(MAX_PASTE)}\x1b[201~after`)
  })
})
