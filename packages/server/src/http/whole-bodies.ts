/**
 * A request is shown to the application when its body is here. One whose body never comes whole then costs what has come of it, and
 * nothing when it is cut off: in the application each would end as an error, with its trace, and an answer that nobody reads.
 */
import type { IncomingMessage, RequestListener } from 'node:http'
import { BODY_SECONDS, MAX_BODY_BYTES } from '@poll-chat/protocol'
import { Alarm, Deadlines } from '../hub/deadlines.ts'
import { Pieces } from '../lane/pieces.ts'
import type { Gate } from '../middleware/identity.ts'
import { LATE_SLICE, refuseRequest, TOO_LATE } from './refuse.ts'

/**
 * What is refused for what it is, or by its head, is shown at once. A body that takes too long is refused as Node refuses late requests,
 * which would look for them all at once.
 */
export function awaitBodies(listener: RequestListener, gate: Gate): RequestListener {
  const late = new Deadlines<Alarm>(({ run }) => run(), LATE_SLICE)
  return (request, response) => {
    if (!isAwaited(request, gate)) return listener(request, response)
    let body: Pieces | undefined
    const isTimed = request.httpVersionMajor === 1 // with HTTP/2 a connection has its own time
    const show = () => {
      forget()
      // Where the listener of node-server looks for a body that was read already.
      Object.assign(request, { rawBody: body?.bytes ?? Buffer.alloc(0) })
      listener(request, response)
    }
    const onData = (chunk: Buffer) => {
      if (body) body.add(chunk)
      else body = new Pieces(chunk)
      if (body.length > MAX_BODY_BYTES) show()
    }
    const alarm = new Alarm(() => {
      forget()
      refuseRequest(TOO_LATE, request.socket)
    })
    const forget = () => {
      late.remove(alarm)
      request.off('data', onData).off('end', show).off('close', forget)
    }
    request.on('data', onData).on('end', show).on('close', forget)
    if (isTimed) late.set(alarm, BODY_SECONDS * 1000)
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
