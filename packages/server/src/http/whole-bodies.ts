/**
 * A request is shown to the application when its body is here. One whose body never comes whole then costs what has come of it, and
 * nothing when it is cut off: in the application each would end as an error, with its trace, and an answer that nobody reads.
 */
import type { IncomingMessage, RequestListener } from 'node:http'
import { MAX_BODY_BYTES } from '@poll-chat/protocol'
import type { Gate } from '../middleware/identity.ts'

/** What is refused for what it is, or by its head, is shown at once. */
export function awaitBodies(listener: RequestListener, gate: Gate): RequestListener {
  return (request, response) => {
    if (!isAwaited(request, gate)) return listener(request, response)
    const body = new Body()
    const show = () => {
      request.off('data', onData)
      request.off('end', show)
      // Where the listener of node-server looks for a body that was read already.
      Object.assign(request, { rawBody: body.bytes })
      listener(request, response)
    }
    const onData = (chunk: Buffer) => {
      body.add(chunk)
      if (body.bytes.length > MAX_BODY_BYTES) show()
    }
    request.on('data', onData)
    request.on('end', show)
  }
}

function isAwaited({ method, url = '', headers, httpVersionMajor }: IncomingMessage, gate: Gate): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  const length = headers['content-length']
  if (httpVersionMajor === 1 && length === undefined && headers['transfer-encoding'] === undefined) return false
  if (Number(length) > MAX_BODY_BYTES) return false
  const target = URL.parse(url, `http://${headers.host ?? headers[':authority']}`)
  if (!target) return false
  const { pathname: path, hostname } = target
  return gate({ path, hostname, authorization: headers.authorization }) === undefined
}

/** Pieces in one buffer, since a piece of one byte would be kept as hundreds of them. */
class Body {
  #room: Buffer = Buffer.alloc(0)
  #length = 0

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (this.#length === 0) this.#room = chunk
    else {
      if (length > this.#room.length) this.#room = Buffer.concat([this.bytes], 2 * length)
      chunk.copy(this.#room, this.#length)
    }
    this.#length = length
  }
}
