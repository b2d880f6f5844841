/** How a piece of a line looks. Colours only ever add to what bold, dim and inverse already say. */
export type Style = { color?: number; bold?: boolean; dim?: boolean; inverse?: boolean }
export type Span = { text: string; style?: Style }

export type Theme = {
  sender(uid: string): Style
  own: Style
  quiet: Style
  failed: Style
  unread: Style
  status: Style
  warning: Style
}

const RED = 31
const YELLOW = 33

/** SGR codes in the terminal's own palette, which its user has chosen to be readable; no black, white and dark blue. */
const SENDER_COLOURS = [36, 32, 33, 35, 96, 92, 95, 94]

/** @param env NO_COLOR, if set and not empty, drops the colours and keeps the rest (https://no-color.org). */
export function themeFor(env: { NO_COLOR?: string | undefined }): Theme {
  const coloured = (color: number): Style => (env.NO_COLOR ? {} : { color })
  return {
    sender: (uid) => ({ ...coloured(SENDER_COLOURS[hash(uid) % SENDER_COLOURS.length] ?? YELLOW), bold: true }),
    own: { bold: true },
    quiet: { dim: true },
    failed: { ...coloured(RED), bold: true },
    unread: { ...coloured(RED), bold: true },
    status: { inverse: true },
    warning: { ...coloured(YELLOW), inverse: true },
  }
}

/**
 * The spans of a line as one string. Painted here and not with Ink's props: those go through chalk, which ignores
 * NO_COLOR and drops bold and inverse too where the variable CI is set.
 */
export function paint(spans: readonly Span[]): string {
  let painted = ''
  for (const { text, style = {} } of spans) {
    let open = ''
    let close = ''
    if (style.color !== undefined) {
      open += `\x1b[${style.color}m`
      close = '\x1b[39m'
    }
    if (style.bold || style.dim) {
      open += `${style.bold ? '\x1b[1m' : ''}${style.dim ? '\x1b[2m' : ''}`
      close = `\x1b[22m${close}`
    }
    if (style.inverse) {
      open += '\x1b[7m'
      close = `\x1b[27m${close}`
    }
    painted += text === '' ? '' : open + text + close
  }
  return painted
}

function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
