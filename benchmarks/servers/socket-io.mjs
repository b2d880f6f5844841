/** Starts Socket.IO with its polling transport alone. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startProcess } from './process.mjs'

const PROGRAM = fileURLToPath(new URL('./socket-io-server.mjs', import.meta.url))
const INSTALLED = ['../node_modules/socket.io', '../../node_modules/socket.io']

export function missingSocketIo() {
  const isThere = INSTALLED.some((path) => existsSync(new URL(path, import.meta.url)))
  return isThere ? undefined : 'socket.io is not installed (npm ci)'
}

export async function startSocketIo() {
  const { pid, port, stop } = await startProcess(process.execPath, [PROGRAM], {
    env: { NODE_ENV: 'production' },
    portPattern: /port (\d+)/,
  })
  return { port, pids: [pid], dialect: 'socket.io', stop }
}
