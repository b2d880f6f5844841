/** Starts a server afresh, runs one job against it, and stops it. */
import { runLoad } from '../load/run-load.mjs'
import { servers } from '../servers/index.mjs'

export async function against(name, job, { start, load } = {}) {
  const server = await servers[name].start(start)
  try {
    return await runLoad(server, job, load)
  } finally {
    await server.stop()
  }
}
