import { describe, expect, it } from 'vitest'
import { contrast, parseRgb, type Rgb, rgbOf256 } from '../../src/tui/contrast.ts'
import { ON_DARK, ON_LIGHT, paint, themeFor } from '../../src/tui/theme.ts'

const hex = (code: string): Rgb => parseRgb(`rgb:${code.slice(0, 2)}/${code.slice(2, 4)}/${code.slice(4)}`) ?? [0, 0, 0]

/** Black, VS Code, Dracula, Solarized dark, Nord; white, Solarized light, a light grey. */
const DARK = ['000000', '1e1e1e', '282a36', '002b36', '2e3440'].map(hex)
const LIGHT = ['ffffff', 'fdf6e3', 'eeeeee'].map(hex)

const UIDS = Array.from({ length: 200 }, (_, i) => `user${i}`)
const ENV = { TERM: 'xterm-256color' }

describe('the theme', () => {
  it('has sender colours that can be read on usual dark and light grounds', () => {
    for (const [palette, grounds] of [
      [ON_DARK, DARK],
      [ON_LIGHT, LIGHT],
    ] as const)
      for (const colour of [...palette.senders, palette.failed, palette.warning])
        for (const ground of grounds)
          expect(contrast(rgbOf256(colour), ground), `${colour}`).toBeGreaterThanOrEqual(4.5)
  })

  it('takes the colours for the ground that the terminal tells, each readable on it', () => {
    for (const ground of [...DARK, ...LIGHT, hex('5f5f87')]) {
      const { sender } = themeFor(ENV, 'auto', ground)
      for (const uid of UIDS) {
        const colour = /^38;5;(\d+)$/.exec(sender(uid).sgr ?? '')?.[1]
        if (colour !== undefined) expect(contrast(rgbOf256(Number(colour)), ground)).toBeGreaterThanOrEqual(4.5)
      }
    }
  })

  it('takes them by COLORFGBG where the terminal tells nothing, and else those of its user', () => {
    const colours = (env: Record<string, string>) => UIDS.map((uid) => themeFor({ ...ENV, ...env }).sender(uid).sgr)
    expect(colours({ COLORFGBG: '15;0' })).toContain('38;5;75')
    expect(colours({ COLORFGBG: '0;default;15' })).toContain('38;5;18')
    expect(colours({}).every((sgr) => /^[39]\d$/.test(sgr ?? ''))).toBe(true)
    expect(colours({ COLORFGBG: '15;0', TERM: 'xterm' }).every((sgr) => /^[39]\d$/.test(sgr ?? ''))).toBe(true)
  })

  it('takes those of the ground that was chosen, whatever the terminal tells', () => {
    const senders = (name: 'dark' | 'light', told: Rgb) => UIDS.map((uid) => themeFor(ENV, name, told).sender(uid).sgr)
    expect(senders('dark', [255, 255, 255])).toEqual(senders('dark', [0, 0, 0]))
    expect(senders('dark', [255, 255, 255])).toContain('38;5;75')
    expect(senders('light', [0, 0, 0])).toContain('38;5;18')
  })

  it('gives a sender the same colour every time, and none with NO_COLOR', () => {
    expect(themeFor(ENV).sender('bob')).toEqual(themeFor(ENV).sender('bob'))
    expect(themeFor({ ...ENV, NO_COLOR: '1' }).sender('bob')).toEqual({ bold: true })
  })

  it('shows what went wrong in colours for the ground', () => {
    expect(themeFor(ENV, 'light').warning).toEqual({ sgr: '38;5;58', inverse: true })
    expect(themeFor(ENV, 'dark').failed).toEqual({ sgr: '38;5;210', bold: true })
    expect(themeFor({ ...ENV, NO_COLOR: '1' }, 'light').warning).toEqual({ inverse: true })
  })

  it('opens and closes what it paints', () => {
    const painted = paint([{ text: 'x', style: { sgr: '31', bold: true, inverse: true }, link: 'http://a/' }])
    expect(painted.replace(/id=\d+/, 'id=').split('\x1b')).toEqual([
      '',
      ']8;id=;http://a/',
      '\\',
      '[31m',
      '[1m',
      '[7mx',
      '[27m',
      '[22m',
      '[39m',
      ']8;;',
      '\\',
    ])
  })
})
