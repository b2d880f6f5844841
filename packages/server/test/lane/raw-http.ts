import { connect, type Socket } from 'node:net'

/** What came back for some bytes: a whole answer, or nothing but the end of the connection. */
export type RawAnswer = { status: string; headers: string[]; body: string } | 'closed'

/** A keep-alive connection that says exactly the bytes it is given, one request at a time, and opens anew when it was closed. */
export class RawConnection {
  readonly #port: number
  #socket: Socket | undefined

  constructor(port: number) {
    this.#port = port
  }

  async ask(request: string, { hasBody }: { hasBody: boolean }): Promise<RawAnswer> {
    const socket = await this.#open()
    const answer = new Promise<RawAnswer>((resolve, reject) => {
      let text = ''
      const settle = (raw: RawAnswer) => {
        socket.off('data', onData).off('close', onClose).off('error', onClose)
        clearTimeout(timer)
        resolve(raw)
      }
      const onData = (chunk: Buffer) => {
        text = (text + chunk.toString('latin1')).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
        const raw = parse(text, hasBody)
        if (raw) settle(raw)
      }
      const onClose = () => settle('closed')
      const timer = setTimeout(() => reject(new Error(`No answer to ${JSON.stringify(request)}`)), 15_000)
      socket.on('data', onData).on('close', onClose).on('error', onClose)
    })
    socket.write(request, 'latin1')
    const raw = await answer
    if (raw === 'closed' || raw.headers.includes('connection: close')) this.close()
    return raw
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #open(): Promise<Socket> {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    const socket = connect(this.#port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.removeAllListeners('error')
    socket.on('error', () => socket.destroy())
    this.#socket = socket
    return socket
  }
}

/** Header lines with their names in lower case, in order of the alphabet: neither has a meaning. */
function parse(text: string, hasBody: boolean): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [status = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase())).sort()
  const length = Number(headers.find((line) => line.startsWith('content-length: '))?.slice(16) ?? 0)
  const body = text.slice(end + 4)
  if (hasBody && body.length < length) return undefined
  return { status, headers, body }
}
