import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

type Frame = Record<string, unknown> & { type: string }

/** A WebSocket client that reads one frame at a time. `closed` has the code that it ended with. */
export async function socketClient(url: string, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url.replace('http', 'ws') + path, { headers })
  onTestFinished(() => socket.terminate())
  const frames: Frame[] = []
  let wake = Promise.withResolvers<void>()
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)))
    wake.resolve()
  })
  const closed = new Promise<number>((resolve) =>
    socket.on('close', (code) => {
      resolve(code)
      wake.resolve()
    }),
  )
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))

  async function next(): Promise<Frame> {
    for (;;) {
      const frame = frames.shift()
      if (frame) return frame
      if (socket.readyState === WebSocket.CLOSED) throw new Error('The server has closed the connection.')
      wake = Promise.withResolvers()
      await wake.promise
    }
  }
  async function nextOf(type: string): Promise<Frame> {
    for (;;) {
      const frame = await next()
      if (frame.type === type) return frame
    }
  }
  const say = (frame: object | string) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  return { socket, next, nextOf, say, closed }
}
