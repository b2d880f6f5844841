/** node slow-client.mjs PORT COUNT: so many slow connections, opened and closed as the parent says; tells it of those that were cut. */
import { SlowSockets } from '../../packages/cli/test/e2e/fixture/slow-sockets.ts'

const [port, count] = process.argv.slice(2).map(Number)
let sockets
process.on('message', async (message) => {
  if (message === 'open') {
    sockets = new SlowSockets(port, ['127.0.5.1', '127.0.5.2', '127.0.5.3', '127.0.5.4'])
    await sockets.start(count)
    return process.send('open')
  }
  const { open, outlived, cut } = sockets
  sockets.close()
  process.send({ open, outlived, cut: [...cut] })
})
