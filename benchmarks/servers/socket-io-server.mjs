/** Socket.IO over polling: what is posted to /publish goes to everybody, from memory; a plain POST costs the same as elsewhere. */
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const server = createServer((request, response) => {
  if (request.url !== '/publish') return
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (piece) => {
    text += piece
  })
  request.on('end', () => {
    io.emit('message', text)
    response.writeHead(200, { 'Content-Length': 2 })
    response.end('ok')
  })
})
const io = new Server(server, {
  transports: ['polling'],
  allowUpgrades: false,
  serveClient: false,
  httpCompression: false,
  // No ping within a run: an answer without a message would only be in the way.
  pingInterval: 120_000,
})
server.keepAliveTimeout = 120_000
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(`port ${server.address().port}`))
