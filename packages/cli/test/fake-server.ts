/** A server that says what a test wants to hear: what no true one would, such as escape codes in a uid. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Asked = { method: string; path: string; key: string | undefined; body: string }

export type FakeServer = { url: string; asked: Asked[] }

export const INFO = {
  name: 'poll-chat',
  version: '0.0.0',
  api: 1,
  auth: 'none',
  limits: {
    text_bytes: 16_384,
    name_characters: 64,
    batch_default: 100,
    batch_max: 500,
    wait_default_s: 25,
    wait_max_s: 55,
  },
}

/** `answer` gives status and body; without one, `GET /v1` and sends are answered as a good server would. */
export async function startFake(
  answer: (asked: Asked) => [number, object] | undefined = () => undefined,
): Promise<FakeServer> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const one = await read(request)
    asked.push(one)
    const [status, body] = answer(one) ?? usual(one, asked.length)
    const type = status < 400 ? 'application/json' : 'application/problem+json'
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, asked }
}

async function read(request: IncomingMessage): Promise<Asked> {
  const { method = '', url: path = '', headers } = request
  let body = ''
  for await (const chunk of request) body += chunk
  return { method, path, key: headers.authorization, body }
}

function usual({ method, path, body }: Asked, index: number): [number, object] {
  if (path === '/v1') return [200, INFO]
  if (method !== 'POST') return [200, { messages: [], next: '0' }]
  const { id, uid, text } = JSON.parse(body)
  return [201, { message: message(index, text, uid, id), next: `${index}` }]
}

export function message(index: number, text: string, uid = 'alice', id = `id-${index}`) {
  return { index, id, room: 'lobby', from: { uid, verified: false }, text, at: '2026-11-22T09:41:00.000Z' }
}

export function problem(status: number, code: string, detail: string): [number, object] {
  return [status, { type: 'about:blank', title: code, status, code, detail }]
}
