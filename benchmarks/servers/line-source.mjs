/**
 * A room whose messages nobody has to send: as many as are due by the clock. It knows what the chat asks: who it is, a page of
 * history, and the inbox. So the machine's time goes to the chat, and the rate is exact.
 */
import { createServer } from 'node:http'

const PAGE = 500

export class LineSource {
  /** The index up to which the reader has acknowledged. */
  acknowledged = 0
  #base = 0
  #rate = 0
  #since = 0
  #end = Number.POSITIVE_INFINITY
  #server = createServer((request, response) => void this.#answer(request, response))

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${this.#server.address().port}`
    return this
  }

  close() {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** That many more at once. */
  burst(count) {
    this.#base = this.head + count
    this.#since = performance.now()
  }

  /** From now on that many a second. */
  flow(perSecond) {
    this.#base = this.head
    this.#since = performance.now()
    this.#rate = perSecond
  }

  get head() {
    return Math.min(this.#end, this.#base + Math.floor((this.#rate * (performance.now() - this.#since)) / 1000))
  }

  async #answer({ method, url }, response) {
    const { pathname, searchParams: query } = new URL(url, this.url)
    response.setHeader('content-type', 'application/json')
    if (method === 'POST') return response.writeHead(503).end()
    if (method === 'PUT') return response.end(JSON.stringify({ uid: 'bench', claimed: true, banned: false }))
    if (pathname === '/v1') return response.end(JSON.stringify(INFO))
    if (pathname.endsWith('/inbox')) return response.end(JSON.stringify(await this.#next(query, response)))
    const before = Number.parseInt(query.get('before') ?? `${this.head + 1}`, 10)
    const from = Math.max(1, before - Number(query.get('limit') ?? 100))
    response.end(JSON.stringify({ ...page(from, before - 1), ...(from > 1 && { prev: `${from}` }) }))
  }

  async #next(query, response) {
    const after = Number.parseInt(query.get('ack') ?? `${this.head}`, 10)
    this.acknowledged = Math.max(this.acknowledged, after)
    const end = performance.now() + 1000 * Number(query.get('wait') ?? 0)
    while (this.head === after && performance.now() < end && !response.closed)
      await new Promise((resolve) => setTimeout(resolve, 5))
    return page(after + 1, Math.min(this.head, after + PAGE))
  }
}

const at = new Date().toISOString()

function page(from, to) {
  const messages = []
  for (let index = from; index <= to; index++)
    messages.push({
      index,
      id: `line-${index}`,
      room: 'lobby',
      from: { uid: `user${index % 7}`, verified: false },
      text: `line ${index} of a conversation that nobody could follow at this pace`,
      at,
    })
  return { messages, next: `${Math.max(to, from - 1)}` }
}

const INFO = {
  name: 'poll-chat',
  version: '0.0.0',
  api: 1,
  auth: 'none',
  limits: {
    text_bytes: 16384,
    name_characters: 64,
    batch_default: 100,
    batch_max: 500,
    wait_default_s: 25,
    wait_max_s: 55,
  },
}
