/**
 * Draws docs/terminal.svg: a server, some people, and alice's real terminal, cell by cell as it stands on her screen.
 * Run after a build: node scripts/terminal-picture.mjs
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(new URL('../packages/cli/package.json', import.meta.url))
const { spawn: spawnPty } = require('@lydell/node-pty')
const { Terminal } = require('@xterm/headless')
const { UnicodeGraphemesAddon } = require('@xterm/addon-unicode-graphemes')

const COLUMNS = 86
const ROWS = 12
const CELL = { width: 8.4, height: 19 }
/** The 16 colours of a terminal, on a dark ground. */
const PALETTE =
  '#1e1e2e #f38ba8 #a6e3a1 #f9e2af #89b4fa #f5c2e7 #94e2d5 #bac2de #6c7086 #f38ba8 #a6e3a1 #f9e2af #89b4fa #f5c2e7 #94e2d5 #ffffff'.split(
    ' ',
  )
const GROUND = '#1e1e2e'
const TEXT = '#cdd6f4'

const command = fileURLToPath(new URL('../packages/cli/bin/poll-chat.js', import.meta.url))
const server = spawn(process.execPath, [command, 'serve', '--data', ':memory:', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'ignore'],
})
const [line] = await once(server.stdout, 'data')
const url = String(line).match(/http:\/\/\S+?(?=[.\s]*\s)/)[0]
const state = mkdtempSync(joinPath(tmpdir(), 'poll-chat-picture-'))
const env = {
  ...process.env,
  XDG_STATE_HOME: state, // nothing of the account's own, and nothing left there
  POLL_CHAT_SERVER: url,
  POLL_CHAT_ROOM: 'incident',
  TERM: 'xterm-256color',
  COLORTERM: 'truecolor',
}
delete env.CI
delete env.NO_COLOR
const send = (uid, text) => execFileSync(process.execPath, [command, 'send', '--uid', uid, text], { env })

send('bob', 'db-3 is out of disk, writes fail since 09:12')
send('alice', 'on it. carol, can you drain it?')
const visit = join('alice')
await visit.shows('drain it')
visit.pty.write('/quit\r')
await visit.ended
send('carol', 'draining now, 2 minutes 👍')
send('deploy-bot', 'v3.14.1 rolled back on eu-1: ok')
send('dmitri', 'клиенты видят 503, 你好 from the status page too')

const screen = join('alice')
await screen.shows('status page')
screen.pty.write('thanks all, postmortem at 11')
await screen.shows('postmortem')
writeFileSync(new URL('../docs/terminal.svg', import.meta.url), draw(screen.terminal))
screen.pty.kill('SIGTERM')
server.kill()
rmSync(state, { recursive: true })

function join(uid) {
  const terminal = new Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
  terminal.loadAddon(new UnicodeGraphemesAddon())
  terminal.unicode.activeVersion = '15-graphemes'
  const pty = spawnPty(process.execPath, [command, 'join', '--uid', uid], {
    cols: COLUMNS,
    rows: ROWS,
    env,
    name: env.TERM,
  })
  const text = () =>
    Array.from({ length: ROWS }, (_, y) => terminal.buffer.active.getLine(y).translateToString()).join('\n')
  let check = () => undefined
  pty.onData((data) => terminal.write(data, () => check()))
  const shows = (words) =>
    new Promise((resolve) => {
      check = () => text().includes(words) && setTimeout(resolve, 300)
      check()
    })
  return { terminal, pty, shows, ended: new Promise((resolve) => pty.onExit(resolve)) }
}

function draw({ buffer }) {
  const rows = Array.from({ length: ROWS }, (_, y) => drawRow(buffer.active.getLine(y), y))
  const cursor = `<rect x="${buffer.active.cursorX * CELL.width}" y="${buffer.active.cursorY * CELL.height}" width="${CELL.width}" height="${CELL.height}" fill="${TEXT}"/>`
  const width = COLUMNS * CELL.width
  const height = ROWS * CELL.height
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 ${width + 24} ${height + 24}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" role="img" aria-label="A poll-chat terminal">
<rect x="-12" y="-12" width="${width + 24}" height="${height + 24}" rx="8" fill="${GROUND}"/>
${cursor}
${rows.join('\n')}
</svg>
`
}

function drawRow(line, y) {
  const cells = []
  for (let x = 0; x < COLUMNS; x++) {
    const cell = line.getCell(x)
    const chars = cell.getChars()
    if (chars === '' || (chars === ' ' && !cell.isInverse())) continue
    const style = styleOf(cell)
    const last = cells.at(-1)
    if (last && last.style === style && last.end === x && cell.getWidth() === 1) {
      last.chars += chars
      last.end = x + 1
    } else cells.push({ x, chars, style, end: x + cell.getWidth(), inverse: cell.isInverse() })
  }
  return cells
    .map(({ x, chars, style, end, inverse }) => {
      const ground = inverse
        ? `<rect x="${x * CELL.width}" y="${y * CELL.height}" width="${(end - x) * CELL.width}" height="${CELL.height}" fill="${TEXT}"/>`
        : ''
      return `${ground}<text x="${x * CELL.width}" y="${y * CELL.height + 14}" ${style} textLength="${(end - x) * CELL.width}" xml:space="preserve">${chars.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)}</text>`
    })
    .join('')
}

function styleOf(cell) {
  const fill = cell.isInverse() ? GROUND : colourOf(cell)
  return `fill="${fill}"${cell.isBold() ? ' font-weight="bold"' : ''}${cell.isDim() ? ' opacity="0.6"' : ''}`
}

function colourOf(cell) {
  const colour = cell.getFgColor()
  if (cell.isFgRGB()) return `#${colour.toString(16).padStart(6, '0')}`
  if (!cell.isFgPalette()) return TEXT
  if (colour < 16) return PALETTE[colour]
  if (colour >= 232) return `rgb(${[0, 0, 0].map(() => 8 + (colour - 232) * 10)})`
  const level = (value) => (value === 0 ? 0 : 55 + value * 40)
  const cube = colour - 16
  return `rgb(${level(Math.floor(cube / 36))},${level(Math.floor(cube / 6) % 6)},${level(cube % 6)})`
}
