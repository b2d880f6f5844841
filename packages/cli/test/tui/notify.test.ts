import { describe, expect, it } from 'vitest'
import { BELL, copying, Notifier, notification } from '../../src/tui/notify.ts'

describe('a notification', () => {
  it.each([
    [{ TERM: 'xterm-kitty' }, '\x1b]99;;bob: hi, there\x1b\\'],
    [{ TERM: 'foot' }, '\x1b]777;notify;bob;hi, there\x1b\\'],
    [{ WEZTERM_PANE: '1' }, '\x1b]777;notify;bob;hi, there\x1b\\'],
    [{ TERM_PROGRAM: 'iTerm.app' }, '\x1b]9;bob: hi, there\x1b\\'],
    [{ TERM: 'xterm-256color' }, BELL],
    [{ TERM: 'tmux-256color', TMUX: '/tmp/x' }, BELL],
    [
      { TERM: 'tmux-256color', TMUX: '/tmp/x', KITTY_WINDOW_ID: '1' },
      `\x1bPtmux;\x1b\x1b]99;;bob: hi, there\x1b\x1b\\\x1b\\${BELL}`,
    ],
  ])('with %j', (env, sequence) => expect(notification('bob', 'hi; there', env)).toBe(sequence))

  it('holds nothing that could end it, and is short', () => {
    const hostile = `\x1b\\\x1b]0;title\x07\x9c;a;b\n${'x'.repeat(500)}`
    const body = notification(hostile, hostile, { TERM: 'foot' }).slice('\x1b]777;notify;'.length, -'\x1b\\'.length)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(body).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
    expect(body.split(';')).toHaveLength(2)
    expect(body.length).toBeLessThan(300)
  })

  it('comes for what was asked for, and not all the time', () => {
    const rung: string[] = []
    const said = (notify: 'off' | 'mentions' | 'all', ...mentions: boolean[]) => {
      rung.length = 0
      const notifier = new Notifier(notify, {}, (sequence) => rung.push(sequence))
      for (const mention of mentions) notifier.said('bob', 'hi', mention)
      return rung.length
    }
    expect(said('off', true)).toBe(0)
    expect(said('mentions', false)).toBe(0)
    expect(said('mentions', false, true, true, true)).toBe(1)
    expect(said('all', false)).toBe(1)
  })
})

describe('copying', () => {
  it('is OSC 52, in tmux also for the terminal around it', () => {
    const osc = `\x1b]52;c;${Buffer.from('日本').toString('base64')}\x07`
    expect(copying('日本', {})).toBe(osc)
    expect(copying('日本', { TMUX: '1' })).toBe(`${osc}\x1bPtmux;\x1b${osc}\x1b\\`)
  })

  it('refuses what terminals do not take', () => expect(copying('x'.repeat(100_000), {})).toBeUndefined())
})
