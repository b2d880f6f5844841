/** Stands between nats-server and a client of it, and drops some of the messages that the server sends. */
import { connect, createServer, type Socket } from 'node:net'

export type DroppingProxy = { port: number; dropped: number; seen: number; close(): void }

/** `drops` decides about each message by its subject. */
export async function startDroppingProxy(
  target: number,
  drops: (subject: string) => boolean,
  port = 0,
): Promise<DroppingProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(target, '127.0.0.1')
    const messages = new Messages((subject) => {
      const isDropped = drops(subject)
      proxy.seen++
      if (isDropped) proxy.dropped++
      return isDropped
    })
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] satisfies [Socket, Socket][]) {
      sockets.add(one)
      one.setNoDelay(true)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    client.pipe(onward)
    onward.on('data', (chunk) => client.write(messages.kept(chunk)))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const proxy: DroppingProxy = {
    port: address && typeof address === 'object' ? address.port : port,
    dropped: 0,
    seen: 0,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  return proxy
}

/** Cuts what a server sends into lines and messages: https://docs.nats.io/reference/reference-protocols/nats-protocol */
class Messages {
  readonly #drops: (subject: string) => boolean
  #rest = Buffer.alloc(0)

  constructor(drops: (subject: string) => boolean) {
    this.#drops = drops
  }

  /** What of it goes on, as far as it is whole. */
  kept(chunk: Buffer): Buffer {
    const bytes = Buffer.concat([this.#rest, chunk])
    const kept: Buffer[] = []
    let at = 0
    for (;;) {
      const lineEnd = bytes.indexOf('\r\n', at)
      if (lineEnd < 0) break
      const line = bytes.toString('latin1', at, lineEnd)
      const isMessage = /^H?MSG /.test(line)
      const end = lineEnd + 2 + (isMessage ? Number(line.slice(line.lastIndexOf(' ') + 1)) + 2 : 0)
      if (end > bytes.length) break
      if (!isMessage || !this.#drops(line.split(' ')[1] ?? '')) kept.push(bytes.subarray(at, end))
      at = end
    }
    this.#rest = Buffer.from(bytes.subarray(at))
    return Buffer.concat(kept)
  }
}
