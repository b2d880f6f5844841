import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { bundleFixture, Terminal } from './terminal.ts'

vi.setConfig({ testTimeout: 60_000 })

const FAMILY = '👩‍👩‍👧‍👦'

let file: string
let terminal: Terminal

beforeAll(async () => {
  file = await bundleFixture()
}, 60_000)

afterAll(() => rmSync(dirname(file), { recursive: true }))

afterEach(() => terminal?.dispose())

async function open(env: Record<string, string> = {}, columns = 80, rows = 20): Promise<Terminal> {
  terminal = new Terminal(file, { columns, rows, env })
  await terminal.until('7 ms')
  await terminal.until(() => terminal.modes.bracketedPasteMode) // it listens from here on
  return terminal
}

/** The text in the box, on its last row, and the cell that the cursor is in. */
const box = () => terminal.lines.at(-1)

describe('the box', () => {
  it('takes 日本 and 語 written in one tick, and has the cursor right after them', async () => {
    await open()
    terminal.type('日本', '語')
    await terminal.until('> 日本語')
    expect(box()).toBe('> 日本語')
    await terminal.until(() => terminal.cursor.x === 8)
    expect(terminal.cursor).toEqual({ x: 8, y: 19, visible: true })
  })

  it('erases a family emoji with one backspace', async () => {
    await open()
    terminal.type('a', FAMILY, 'é')
    await terminal.until(`a${FAMILY}é`)
    await terminal.until(() => terminal.cursor.x === 2 + 1 + 2 + 1)
    terminal.type('\x7f\x7f')
    await terminal.until(() => box() === '> a')
    await terminal.until(() => terminal.cursor.x === 3)
    terminal.type('\r')
    await terminal.until(/alice a$/m)
  })

  it('handles text, Enter and control keys that come in one read', async () => {
    await open()
    terminal.type('world\x01hello \rsecond\rthird')
    await terminal.until(/alice hello world$/m)
    await terminal.until(/✓ {7}second$/m)
    expect(box()).toBe('> third')
  })

  it('asks about a paste of three lines, puts it in the box, and sends it with Enter as one message', async () => {
    await open()
    terminal.type('\x1b[200~one\r\ntwo\tx\r\nthree\r\n\x1b[201~')
    await terminal.until('3 lines pasted')
    expect(terminal.lines.slice(-5, -2)).toEqual(['  one', '  two    x', '  three'])
    expect(box()).toBe('>')
    terminal.type('\r')
    await terminal.until(() => box() === '  three')
    expect(terminal.lines.slice(-3)).toEqual(['> one', '  two    x', '  three'])
    expect(terminal.screen).not.toContain('alice one')
    terminal.type('\r')
    await terminal.until(/alice one\n +two {4}x\n +three\n/)
  })

  it('sends a paste line by line with L, and forgets it with Escape', async () => {
    await open()
    terminal.type('\x1b[200~never\nsent\x1b[201~')
    await terminal.until('2 lines pasted')
    terminal.type('\x1b')
    await terminal.until(() => !terminal.screen.includes('lines pasted'))
    terminal.type('\x1b[200~one\n\ntwo\x1b[201~')
    await terminal.until('3 lines pasted')
    terminal.type('l')
    await terminal.until(/✓ alice one\n.*✓ +two\n/)
    expect(terminal.screen).not.toContain('never')
  })

  it('undoes step by step, and searches what was sent', async () => {
    await open()
    terminal.type('first words\r', 'second\r', 'one two\x17\x1f')
    await terminal.until(() => box() === '> one two')
    terminal.type('\x15\x12wor')
    await terminal.until('wor  → first words')
    terminal.type('\r')
    await terminal.until(() => box() === '> first words')
  })

  it('completes with Tab, and again with the next', async () => {
    await open({ BEFORE: '1' })
    await terminal.until('earlier 1')
    terminal.type('@b\t')
    await terminal.until(() => box() === '> @bob')
    terminal.type(':tada\t')
    await terminal.until(() => box() === '> @bob 🎉')
    terminal.type('\x15/wh\t\r')
    await terminal.until(/Spoke here lately: bob/)
  })

  it('draws nothing that a paste tells the terminal to do', async () => {
    await open()
    terminal.type('\x1b[200~a\x1b]0;owned\x07b\x9b31mc\u202ed\x1b[201~')
    await terminal.until('> abcd')
    expect(terminal.raw).not.toContain('owned')
    expect(terminal.raw).not.toContain('\u202e')
  })

  it('hears keys again when the end of a paste is lost', async () => {
    await open()
    terminal.type('\x1b[200~lost', ' end')
    await terminal.until('> lost end')
    terminal.type('!\r')
    await terminal.until(/alice lost end!$/m)
  })

  it('grows to a third of the screen, then scrolls', async () => {
    await open({}, 40, 12)
    terminal.type(`\x1b[200~${Array.from({ length: 9 }, (_, i) => `row ${i}`).join('\n')}\x1b[201~`, '\r')
    await terminal.until('row 8')
    expect(terminal.lines.slice(-5).map((line) => line.trim())).toEqual([
      expect.stringContaining('lobby'),
      'row 5',
      'row 6',
      'row 7',
      'row 8',
    ])
  })

  it('brings earlier texts and the draft back', async () => {
    await open()
    terminal.type('first\r', 'draft')
    await terminal.until(/alice first$/m)
    terminal.type('\x1b[A')
    await terminal.until(() => box() === '> first')
    terminal.type('\x1b[B')
    await terminal.until(() => box() === '> draft')
  })

  it('keeps a text that is too long, and says so', async () => {
    await open()
    terminal.type(`\x1b[200~${'x'.repeat(17_000)}\x1b[201~`)
    await terminal.until('xxxxx')
    terminal.type('\r')
    await terminal.until('at most 16384 fit')
    expect(terminal.lines.at(-1)).toContain('xxx')
  })

  it('takes an unknown command for an error, not for a message', async () => {
    await open()
    terminal.type('/quti\r')
    await terminal.until('There is no /quti; did you mean /quit?')
    expect(box()).toBe('> /quti')
    terminal.type('\x15//quit\r')
    await terminal.until(/alice \/quit$/m)
  })
})

describe('messages', () => {
  it('draws a line between what alice had read and what she had not', async () => {
    await open({ BEFORE: '30', UNREAD: '3', NOTICE: 'Others join with this' })
    await terminal.until('earlier 33')
    expect(terminal.screen).toMatch(
      /earlier 30\n── unread ─+\n.*earlier 31\n.*earlier 32\n.*earlier 33\n• Others join with this\n/,
    )
  })

  it('shows an own message as on its way, then once', async () => {
    await open()
    terminal.type('hang on\r')
    await terminal.until(/◌ alice hang on$/m)
    terminal.dispose()
    await open()
    terminal.type('hello\r')
    await terminal.until(/✓ alice hello$/m)
    expect(terminal.screen.match(/hello/g)).toHaveLength(1)
  })

  it('shows what was refused with the reason, and sends it again', async () => {
    await open()
    terminal.type('refuse me\r', 'next\r')
    await terminal.until(/✗ +(alice )?refuse me\n.*This text is not welcome/)
    await terminal.until(/✓ alice next$/m)
    terminal.type('\x1br')
    await terminal.until(/✓ alice next\n.*✓ +refuse me\n/)
    expect(terminal.screen).not.toContain('✗')
  })

  it('never moves a reader who scrolled up, and counts what came', async () => {
    await open({ BEFORE: '60' })
    await terminal.until('earlier 60')
    terminal.type('later 500 12\r')
    await terminal.until(/✓ alice later/)
    terminal.type('\x1b[1;2A\x1b[1;2A')
    await terminal.until('↓ more')
    const transcript = () => terminal.lines.slice(0, 18)
    const before = transcript()
    await terminal.until('↓ 12 new')
    expect(transcript()).toEqual(before)
    terminal.type('\x1b[1;5F')
    await terminal.until('number 12')
    expect(terminal.screen).not.toContain('↓')
  })

  it('reads older messages when the top is reached, and stays in place', async () => {
    await open({ BEFORE: '60' })
    await terminal.until('earlier 60')
    terminal.type('\x1b[1;5H')
    await terminal.until('earlier 41')
    await pressUntil('\x1b[5~', 'earlier 30') // older ones come when the first row is seen
    terminal.type('\x1b[1;5H')
    await terminal.until(/earlier 1$/m)
    terminal.type('\x1b[1;5F')
    await terminal.until('earlier 60')
  })
})

describe('finding', () => {
  it('goes from the newest to the oldest through what the server has, and back', async () => {
    await open({ BEFORE: '900' })
    await terminal.until('earlier 900')
    terminal.type('/find EARLIER 89\r')
    await terminal.until('earlier 899')
    terminal.type('\x15earlier 12\r')
    await terminal.until('earlier 129')
    expect(terminal.screen).toContain('find: earlier 12')
    terminal.type('\r')
    await terminal.until('earlier 128')
    terminal.type('\x15never said\r')
    await terminal.until('Nothing older is found for "never said".')
    terminal.type('\x1b')
    await terminal.until(() => !terminal.screen.includes('find:'))
    terminal.type('\x1b[1;5F')
    await terminal.until('earlier 900')
  })
})

describe('/clear', () => {
  it('empties the screen, and scrolling up brings all of it back', async () => {
    await open({ BEFORE: '5' })
    await terminal.until('earlier 5')
    terminal.type('/clear\r')
    await terminal.until(() => !terminal.screen.includes('earlier'))
    terminal.type('later 10 1\r')
    await terminal.until('number 1')
    expect(terminal.screen).not.toContain('earlier')
    terminal.type('\x1b[5~')
    await terminal.until('earlier 1')
    terminal.type('\x1b')
    await terminal.until(() => !terminal.screen.includes('earlier'))
    expect(terminal.screen).toContain('number 1')
  })
})

describe('a hint', () => {
  it('that is longer than a row is not cut off', async () => {
    await open({}, 40)
    terminal.type('/hepl\r')
    await terminal.until('did you mean /help?')
    expect(terminal.screen.replaceAll(/\s+/g, ' ')).toContain('// at the beginning sends a slash')
  })
})

describe('copying', () => {
  it('puts the last message into the clipboard', async () => {
    await open({ BEFORE: '1' })
    await terminal.until('earlier 1')
    terminal.type('/copy\r')
    await terminal.until('9 characters copied')
    expect(terminal.raw).toContain(`\x1b]52;c;${Buffer.from('earlier 1').toString('base64')}\x07`)
  })

  it('shows the plain text on the normal screen with F2, and comes back with any key', async () => {
    await open({ BEFORE: '3' })
    terminal.type('draft')
    await terminal.until('> draft')
    const before = terminal.lines
    terminal.type('\x1bOQ')
    await terminal.until('any key leads back')
    expect(terminal.lines.filter(Boolean).slice(0, 3)).toEqual([
      '12:00 bob: earlier 1',
      '12:00 bob: earlier 2',
      '12:00 bob: earlier 3',
    ])
    expect(terminal.modes).toMatchObject({ screen: 'normal', bracketedPasteMode: false })
    terminal.type('x')
    await terminal.until(() => terminal.lines.join() === before.join())
  })

  it('lets another editor have the text', async () => {
    await open({ EDITOR: `${process.execPath} -e 'require("fs").appendFileSync(process.argv[1], " and more\\n")'` })
    terminal.type('some', '\x18\x05')
    await terminal.until(() => box() === '> some and more')
    expect(terminal.modes).toMatchObject({ screen: 'alternate', bracketedPasteMode: true })
  })
})

describe('the screen', () => {
  it('has no trace of the old frame after 200, 40 and 200 columns', async () => {
    await open({ BEFORE: '8' }, 200, 30)
    terminal.type('日本語 draft')
    await terminal.until('> 日本語 draft')
    const wide = terminal.lines
    await terminal.redraws(() => terminal.resize(40, 15))
    await terminal.until(() => box() === '> 日本語 draft' && terminal.screen.includes('earlier 8'))
    expect(terminal.lines.filter((line) => line.includes('lobby'))).toHaveLength(1)
    expect(terminal.screen.match(/earlier 5/g)).toHaveLength(1)
    await expect.poll(() => terminal.cursor).toEqual({ x: 14, y: 14, visible: true })
    await terminal.redraws(() => terminal.resize(200, 30))
    await expect.poll(() => terminal.lines).toEqual(wide)
    await expect.poll(() => terminal.cursor).toEqual({ x: 14, y: 29, visible: true })
  })

  it('is right after a window was dragged through many sizes', async () => {
    await open({ BEFORE: '40' }, 90, 24)
    await terminal.until('earlier 40')
    const before = terminal.lines
    for (const [columns, rows] of [
      [60, 24],
      [60, 9],
      [100, 9],
      [100, 40],
      [30, 12],
      [31, 13],
      [90, 8],
      [20, 30],
    ] as const) {
      terminal.resize(columns, rows)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    terminal.resize(90, 24)
    await terminal.until(() => terminal.lines.join() === before.join(), 15_000)
    await settled()
    expect(terminal.lines).toEqual(before)
    expect(terminal.cursor).toEqual({ x: 2, y: 23, visible: true })
  })

  it('keeps its rows in a terminal that measures emoji differently', async () => {
    terminal = new Terminal(file, { columns: 40, legacyWidths: true })
    await terminal.until('7 ms')
    await terminal.until(() => terminal.modes.bracketedPasteMode)
    terminal.type(`${FAMILY.repeat(14)}\r`, 'next\r')
    await terminal.until(/✓ +next$/m)
    expect(terminal.lines.at(-1)).toBe('>')
    expect(terminal.lines.at(-2)).toContain('lobby')
    expect(terminal.lines.at(-3)).toMatch(/✓ +next$/)
    expect(terminal.lines.filter((line) => line.includes('👩'))).toHaveLength(2)
  })

  it('is drawn anew with Ctrl-L when something wrote over it', async () => {
    await open({ BEFORE: '40' })
    await terminal.until('earlier 40')
    const before = terminal.lines
    terminal.scribble('\x1b[3;10Hgarbage\r\n\n\nmore garbage\x1b[17;70Hhere')
    await terminal.until('more garbage')
    terminal.type('\x0c')
    await terminal.until(() => !terminal.screen.includes('garbage'))
    await settled()
    expect(terminal.lines).toEqual(before)
  })

  it('counts down while the server cannot be reached', async () => {
    await open()
    terminal.type('offline\r')
    await terminal.until(/reconnecting in 3 s \(attempt 1\), last seen \d\d:\d\d:\d\d: connection refused/)
    await terminal.until(/reconnecting in 2 s/)
    terminal.type('online\r')
    await terminal.until(/long · 7 ms/)
  })

  it('has no colours with NO_COLOR, and still bold and inverse', async () => {
    await open({ BEFORE: '3', NO_COLOR: '1' })
    await terminal.until('earlier 3')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    expect(terminal.raw).not.toMatch(/\x1b\[(3\d|9\d|4\d|38;5;\d+)m/)
    expect(terminal.raw).toContain('\x1b[1m')
    expect(terminal.raw).toContain('\x1b[7m')
  })
})

describe('leaving', () => {
  const restored = { screen: 'normal', bracketedPasteMode: false, wraparoundMode: true, cursorVisible: true }

  it.each([
    ['Ctrl-C on an empty box', () => terminal.type('x\x03', '\x03'), 0],
    ['Ctrl-D', () => terminal.type('\x04'), 0],
    ['/quit', () => terminal.type('/quit\r'), 0],
    ['SIGTERM', () => terminal.kill('SIGTERM'), 143],
    ['SIGINT', () => terminal.kill('SIGINT'), 130],
    ['SIGHUP', () => terminal.kill('SIGHUP'), 129],
  ])('restores the terminal after %s', async (_name, leave, code) => {
    await open()
    expect(terminal.modes).toEqual({
      screen: 'alternate',
      bracketedPasteMode: true,
      wraparoundMode: false,
      cursorVisible: true,
    })
    leave()
    await terminal.until(() => terminal.exit !== undefined)
    await terminal.until('left the chat; unsent: []')
    expect(terminal.exit?.exitCode).toBe(code)
    expect(terminal.modes).toEqual(restored)
  })

  it('begins at the top of the screen, and leaves what was there before as it was', async () => {
    await open({ SAID_BEFORE: 'one\ntwo\nthree' })
    expect(terminal.screen).not.toContain('two')
    expect(terminal.lines.at(-1)).toBe('>')
    expect(terminal.cursor).toMatchObject({ x: 2, y: 19 })
    terminal.type('\x04')
    await terminal.until('left the chat')
    expect(terminal.lines.slice(0, 4)).toEqual(['one', 'two', 'three', 'left the chat; unsent: []'])
  })

  it('restores the terminal before the stack of an exception is printed', async () => {
    await open()
    terminal.type('crash\r')
    await terminal.until(() => terminal.exit !== undefined)
    await terminal.until('a bug that nobody catches')
    expect(terminal.exit?.exitCode).toBe(1)
    expect(terminal.modes).toEqual(restored)
  })

  it.runIf(process.platform !== 'win32')(
    'comes back from Ctrl-Z at once where no shell could bring it back',
    async () => {
      await open({ BEFORE: '3' })
      await terminal.until('earlier 3')
      const before = terminal.lines
      const entered = () => terminal.raw.split('\x1b[?1049h').length
      const times = entered()
      terminal.type('\x1a')
      await terminal.until(() => entered() > times)
      await terminal.until(() => terminal.lines.join() === before.join())
      terminal.type('still here')
      await terminal.until('> still here')
    },
  )

  it('rejects when the server refuses for good', async () => {
    await open()
    terminal.type('key\r')
    await terminal.until(() => terminal.exit !== undefined)
    await terminal.until('refused: This server needs a key.')
    expect(terminal.modes).toEqual(restored)
  })

  it('hands over what was never acknowledged', async () => {
    await open()
    terminal.type('hang on\r', 'and this\r')
    await terminal.until(/◌ +and this$/m)
    terminal.type('\x04')
    await terminal.until('unsent: ["hang on","and this"]')
  })
})

/** Presses a key again and again, as somebody does who waits for what it brings. */
async function pressUntil(key: string, what: string): Promise<void> {
  let pressedAt = 0
  await terminal.until(() => {
    if (terminal.screen.includes(what)) return true
    if (Date.now() - pressedAt > 500) {
      terminal.type(key)
      pressedAt = Date.now()
    }
    return false
  }, 15_000)
}

/** Long enough for a frame that should not come. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 150))
}
