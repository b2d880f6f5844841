/** A small reverse proxy over node:http, for networks that understand HTTP and do something to it. */
import { createServer, request } from 'node:http'

/** `answer` gets what came from the server and the answer to the client, and passes on what it likes. */
export async function openHttpProxy(port, answer) {
  const server = createServer((incoming, outgoing) => {
    const { method, url: path } = incoming
    const headers = { ...incoming.headers }
    for (const name of ['connection', 'keep-alive', 'upgrade']) delete headers[name]
    const further = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) =>
      answer(response, outgoing, incoming),
    )
    further.on('error', () => outgoing.destroy())
    outgoing.on('close', () => further.destroy())
    incoming.pipe(further)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
