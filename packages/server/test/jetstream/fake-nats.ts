import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { freePort } from '../nats-server.ts'

/** Something that says it is a nats-server of some version, and answers that it lives. */
export async function fakeNats(version: string, port?: number): Promise<{ url: string; close(): Promise<void> }> {
  const at = port ?? (await freePort())
  const sockets = new Set<Socket>()
  const info = {
    server_id: 'FAKE',
    version,
    proto: 1,
    host: '127.0.0.1',
    port: at,
    headers: true,
    max_payload: 1048576,
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
    socket.on('data', (data) => String(data).includes('PING') && socket.write('PONG\r\n'))
  })
  server.listen(at, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(() => void close())
  return { url: `nats://127.0.0.1:${at}`, close }
}
