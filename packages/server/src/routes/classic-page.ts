/** The two classic pages: an input, a send button, lines that appear. Remote text only ever becomes a text node. */
import { createHash } from 'node:crypto'
import { MAX_BATCH } from '@poll-chat/protocol'
import { html, raw } from 'hono/html'

type Page = { mode: 'poll'; room: string } | { mode: 'long'; room: string; uid: string }

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 45rem; height: 100dvh; margin: 0 auto; padding: 1rem; box-sizing: border-box; display: flex; flex-direction: column; }
  h1 { font-size: 1.1rem; margin: 0 0 .5rem; }
  ul { flex: 1; overflow-y: auto; list-style: none; margin: 0; padding: 0; }
  li { overflow-wrap: anywhere; white-space: pre-wrap; padding: .1rem 0; unicode-bidi: isolate; }
  li b { margin-inline-end: .5rem; }
  form { display: flex; gap: .5rem; padding-top: .5rem; }
  input { flex: 1; font: inherit; padding: .4rem .6rem; }
  button { font: inherit; padding: .4rem 1rem; }
  #state { min-height: 1.5rem; margin: 0; font-size: .85rem; opacity: .75; }
`

/** Reads, by polling with an index or by long polling with a uid and acknowledgements; sends, repeating with the same id. */
const SCRIPT = `
  const { mode, room, uid } = document.body.dataset
  const list = document.querySelector('ul'), input = document.querySelector('input'), state = document.querySelector('#state')
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const shown = new Set()

  function show({ id, from, text }) {
    if (shown.has(id)) return
    shown.add(id)
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40
    const line = document.createElement('li'), sender = document.createElement('b')
    sender.textContent = from.uid
    line.append(sender, text)
    list.append(line)
    if (atEnd) line.scrollIntoView()
  }

  async function get(path, query) {
    const answer = await fetch(path + '?' + new URLSearchParams({ room, ...query }), { signal: AbortSignal.timeout(20_000) })
    if (!answer.ok) throw Object.assign(new Error(await reason(answer)), { final: answer.status < 500 && answer.status !== 429 })
    return answer
  }

  async function reason(answer) {
    try { return (await answer.json()).detail } catch { return 'The server answered ' + answer.status + '.' }
  }

  async function poll() {
    for (let index = 0; ; ) {
      const batch = await attempt(async () => (await get('/get/msg', { index })).json())
      batch.messages.forEach(show)
      index = batch.index
      if (batch.messages.length < ${MAX_BATCH}) await pause(1000)
    }
  }

  async function longPoll() {
    for (let ack = '0'; ; ) {
      const answer = await attempt(async () => (await get('/get/message', { uid, ack })).json())
      if (answer.status) { show(answer.message); ack = answer.next }
      // Another page reads this inbox: two that took it from each other without a pause would keep the server busy.
      if (answer.superseded) await pause(5000)
      if (answer.retry_after_ms) await pause(answer.retry_after_ms)
    }
  }

  async function attempt(work) {
    for (let wait = 500; ; wait = Math.min(wait * 2, 30_000)) {
      try {
        const result = await work()
        state.textContent = ''
        return result
      } catch (error) {
        state.textContent = error.final ? error.message : 'Reconnecting: ' + error.message
        if (error.final) throw error
        await pause(wait * (0.5 + Math.random() / 2))
      }
    }
  }

  function newId() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  document.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault()
    const text = input.value
    if (!text.trim()) return
    const query = { text, id: newId(), ...(uid ? { uid } : {}) }
    input.value = ''
    try {
      await attempt(() => get(mode === 'long' ? '/send/message' : '/send/msg', query))
    } catch {
      input.value ||= text
    }
  })

  if (mode === 'long') longPoll(); else poll()
`

const hash = (source: string) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`

/** Only this page's own script and style run, and it speaks only to this server. */
export const PAGE_POLICY = `default-src 'none'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

export function classicPage(page: Page) {
  const uid = page.mode === 'long' ? page.uid : ''
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${page.room} · poll-chat</title>
<style>${raw(STYLE)}</style>
</head>
<body data-mode="${page.mode}" data-room="${page.room}" data-uid="${uid}">
<h1>${page.room}${uid ? ` · ${uid}` : ''}</h1>
<ul aria-live="polite"></ul>
<p id="state" role="status"></p>
<form><input aria-label="Message" autocomplete="off" autofocus><button>Send</button></form>
<script>${raw(SCRIPT)}</script>
</body>
</html>`
}
