import type { ThemeName } from '../options.ts'
import { contrast, isDark, type Rgb, rgbOf256 } from './contrast.ts'

/**
 * How a piece of a line looks. Colours (`sgr`: the parameters of an SGR sequence) only ever add to what marks, bold, dim and
 * inverse already say.
 */
export type Style = { sgr?: string; bold?: boolean; dim?: boolean; inverse?: boolean; underline?: boolean }

/** A piece of a line. `link` is an http(s) address that the piece leads to. */
export type Span = { text: string; style?: Style; link?: string }

export type Theme = {
  sender(uid: string): Style
  own: Style
  quiet: Style
  failed: Style
  unread: Style
  mention: Style
  status: Style
  warning: Style
  /** Whether addresses in texts are links; a terminal that is told so must know OSC 8. */
  links: boolean
}

export type ThemeEnv = Readonly<Record<string, string | undefined>>

/** SGR parameters for one ground. `warning` is shown inversely: it is the ground that the terminal's ground is the text on. */
type Palette = { senders: readonly string[]; failed: string; warning: string }

/** Codes in the terminal's own palette, which its user has chosen to be readable; no black, white and dark blue. */
const OF_THE_USER: Palette = { senders: ['36', '32', '33', '35', '96', '92', '95', '94'], failed: '31', warning: '33' }

/** Of the 256 colours, those that can be read on dark and on light grounds; the test checks each (WCAG 2, 4.5 : 1). */
export const ON_DARK = {
  senders: [75, 80, 114, 117, 141, 149, 150, 176, 179, 180, 209, 210, 212, 215, 222],
  failed: 210,
  warning: 222,
}
export const ON_LIGHT = {
  senders: [18, 19, 20, 22, 23, 24, 52, 53, 54, 55, 58, 88, 89, 90, 91, 94, 125],
  failed: 88,
  warning: 58,
}

/** The least contrast of a colour on the ground that the terminal has told. */
const LEAST_CONTRAST = 4.5

/**
 * @param env NO_COLOR, if set and not empty, drops the colours and keeps the rest (https://no-color.org). COLORFGBG tells
 * the ground where the terminal does not answer.
 * @param name `dark` and `light` are for such a ground, whatever the terminal tells of its own
 * @param told the colour behind the text, when the terminal has told it
 */
export function themeFor(env: ThemeEnv, name: ThemeName = 'auto', told?: Rgb): Theme {
  const coloured = (sgr: string): Style => (env.NO_COLOR ? {} : { sgr })
  const { senders, failed, warning } = paletteFor(env, name, told)
  return {
    sender: (uid) => ({ ...coloured(senders[hash(uid) % senders.length] ?? warning), bold: true }),
    own: { bold: true },
    quiet: { dim: true },
    failed: { ...coloured(failed), bold: true },
    unread: { ...coloured(failed), bold: true },
    mention: { inverse: true, bold: true },
    status: { inverse: true },
    warning: { ...coloured(warning), inverse: true },
    links: env.TERM !== 'linux',
  }
}

function paletteFor(env: ThemeEnv, name: ThemeName, told: Rgb | undefined): Palette {
  const ground = name === 'auto' ? (told ?? groundOf(env.COLORFGBG)) : GROUNDS[name]
  const has256 = /256|direct|kitty|ghostty|alacritty|foot/.test(env.TERM ?? '') || env.COLORTERM !== undefined
  if (!ground || !has256) return OF_THE_USER
  const { senders, failed, warning } = isDark(ground) ? ON_DARK : ON_LIGHT
  const isReadable = (colour: number) => contrast(rgbOf256(colour), ground) >= LEAST_CONTRAST
  const readable = senders.filter(isReadable)
  return {
    senders: readable.length < 4 ? OF_THE_USER.senders : readable.map(sgrOf256),
    failed: isReadable(failed) ? sgrOf256(failed) : OF_THE_USER.failed,
    warning: isReadable(warning) ? sgrOf256(warning) : OF_THE_USER.warning,
  }
}

const GROUNDS = { dark: [0, 0, 0], light: [255, 255, 255] } as const

function sgrOf256(colour: number): string {
  return `38;5;${colour}`
}

/** COLORFGBG is `text;ground` or `text;default;ground`, in the numbers of the 16 colours. Only black and white are sure. */
function groundOf(setting: string | undefined): Rgb | undefined {
  const ground = /;(\d+)$/.exec(setting ?? '')?.[1]
  if (ground === '0' || ground === '8') return GROUNDS.dark
  if (ground === '7' || ground === '15') return GROUNDS.light
  return undefined
}

/**
 * The spans of a line as one string. Painted here and not with Ink's props: those go through chalk, which ignores
 * NO_COLOR and drops bold and inverse too where the variable CI is set.
 */
export function paint(spans: readonly Span[]): string {
  let painted = ''
  for (const { text, style = {}, link } of spans) {
    if (text === '') continue
    const [open, close] = sequences(style)
    const piece = open + text + close
    painted += link === undefined ? piece : `\x1b]8;id=${hash(link)};${link}\x1b\\${piece}\x1b]8;;\x1b\\`
  }
  return painted
}

function sequences({ sgr, bold, dim, inverse, underline }: Style): [open: string, close: string] {
  const open: string[] = []
  const close: string[] = []
  if (sgr !== undefined) {
    open.push(sgr)
    close.unshift('39')
  }
  if (bold) open.push('1')
  if (dim) open.push('2')
  if (bold || dim) close.unshift('22')
  if (underline) {
    open.push('4')
    close.unshift('24')
  }
  if (inverse) {
    open.push('7')
    close.unshift('27')
  }
  const written = (codes: string[]) => codes.map((code) => `\x1b[${code}m`).join('')
  return [written(open), written(close)]
}

function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
