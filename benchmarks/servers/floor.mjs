/** Starts the floor: the same API on bare node:http. */
import { fileURLToPath } from 'node:url'
import { startProcess } from './process.mjs'

const PROGRAM = fileURLToPath(new URL('./floor-server.mjs', import.meta.url))

/** @param stored messages that lie in the room `bench` from the start */
export async function startFloor({ stored = 0 } = {}) {
  const { pid, port, stop } = await startProcess(process.execPath, [PROGRAM, String(stored)], {
    portPattern: /port (\d+)/,
  })
  return { port, pids: [pid], dialect: 'poll-chat', stop }
}
