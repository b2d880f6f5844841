import type { Batch, Sent } from '@poll-chat/protocol'
import { batchSchema, problemSchema, sentSchema } from '@poll-chat/protocol/schemas'

/** Anything that answers requests: an app, or a server behind its URL. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** Asks a server through sockets. */
export function askServer(url: string): Ask {
  return (path, init) => fetch(url + path, init)
}

/** Sends a text as `curl -d` does. */
export function post(ask: Ask, room: string, text: string, query = ''): Promise<Response> {
  return ask(`/v1/rooms/${encodeURIComponent(room)}/messages${query}`, { method: 'POST', body: text })
}

export function postJson(ask: Ask, room: string, body: unknown, type = 'application/json'): Promise<Response> {
  const json = typeof body === 'string' ? body : JSON.stringify(body)
  return ask(`/v1/rooms/${room}/messages`, { method: 'POST', body: json, headers: { 'Content-Type': type } })
}

/** Sends and expects it to be stored. */
export async function sent(ask: Ask, room: string, text: string, query?: string): Promise<Sent> {
  const response = await post(ask, room, text, query)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return sentSchema.strict().parse(await response.json())
}

/** Reads a path that answers with a batch, and with exactly that. */
export async function batch(ask: Ask, path: string): Promise<Batch> {
  const response = await ask(path)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const { messages, next, prev, superseded } = batchSchema.strict().parse(await response.json())
  return { messages, next, ...(prev === undefined ? {} : { prev }), ...(superseded ? { superseded } : {}) }
}

/** The problem document of a refusal; throws if it is none, and exactly one. */
export async function problem(answer: Response | Promise<Response>) {
  const response = await answer
  const type = response.headers.get('content-type')
  if (type !== 'application/problem+json') throw new Error(`${response.status} ${type}: ${await response.text()}`)
  const document = problemSchema.strict().parse(await response.json())
  if (document.status !== response.status) throw new Error(`${response.status} is not ${document.status}`)
  return document
}

/** Status and problem code, as in `410 cursor-reset`. */
export async function refusal(answer: Response | Promise<Response>): Promise<string> {
  const { status, code } = await problem(answer)
  return `${status} ${code}`
}
