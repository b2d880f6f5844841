/** A WebSocket, of browsers or of Node itself. It can set no headers: what they would say is the first frame. */
import type { StreamEvent } from '@poll-chat/protocol'
import { knownProblem, parseJson } from './answer.ts'
import { BadAnswer, ServerUnreachable } from './failures.ts'
import { requestRead } from './read.ts'
import type { Server } from './request.ts'
import { addressOf } from './request.ts'
import { isProblem, isRecord } from './shapes.ts'
import type { EventStream, StreamOptions } from './stream-way.ts'
import { readEvent } from './stream-way.ts'

/** Characters that may wait here for a slow consumer. Browsers cannot slow a sender down: beyond, it is cut and resumed. */
const MAX_WAITING_CHARACTERS = 8 * 1024 * 1024

export function openSocket(server: Server, options: StreamOptions): EventStream {
  const { room, reader, cursor, limit, ephemeral } = options
  // The key of a private room has to come before anything is read.
  const hello = room.key === undefined ? undefined : 1
  const query = { after: cursor, limit, ephemeral, hello, ...reader }
  const url = addressOf(server, ['rooms', room.name, 'socket'], query).replace(/^http/, 'ws')
  const socket = new WebSocket(url)
  const frames: string[] = []
  let waiting = 0
  let opened = false
  let closed = false
  let isOver = false
  /** Why this client may not speak: it was not given a claim. */
  let refusal: { error: unknown } | undefined
  let wake: () => void = () => undefined

  socket.onopen = () => {
    opened = true
    greet().catch((error: unknown) => {
      refusal = { error }
      socket.close()
    })
  }
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    const frame = String(data)
    frames.push(frame)
    waiting += frame.length
    if (waiting > MAX_WAITING_CHARACTERS) socket.close()
    wake()
  }
  socket.onclose = () => {
    closed = true
    wake()
  }

  async function greet(): Promise<void> {
    const claim = await server.claim()
    socket.send(JSON.stringify({ type: 'hello', key: server.key, claim, room_key: room.key }))
  }

  async function next(): Promise<StreamEvent | undefined> {
    for (;;) {
      const frame = frames.shift()
      if (frame !== undefined) {
        waiting -= frame.length
        return readFrame(frame)
      }
      if (isOver) return undefined
      if (refusal) throw refusal.error
      if (closed) return opened ? undefined : explain()
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  /** Why a WebSocket was not opened is told to nobody; a poll may tell. @throws always */
  async function explain(): Promise<never> {
    await requestRead(server, { room, cursor: '0', limit: 1 })
    throw new ServerUnreachable('requests pass, but no WebSocket', { mayHaveArrived: false })
  }

  /** A connection that leads nowhere any more never tells that it is closed: nobody waits for that. */
  function close(): void {
    isOver = true
    socket.close()
    wake()
  }

  return { next, close }
}

/** @throws ChatError for what the server refuses */
function readFrame(frame: string): StreamEvent {
  const value = parseJson(frame)
  if (!isRecord(value) || value.type !== 'problem' || !isProblem(value.problem)) return readEvent(value)
  const { problem } = value
  throw knownProblem(problem) ?? new BadAnswer(problem.detail.slice(0, 300), { mayHaveArrived: true })
}
