import { once } from 'node:events'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { onTestFinished } from 'vitest'
import type { AppOptions } from '../../src/app.ts'
import { addressOf } from '../../src/http/listen.ts'
import { acceptUpgrades } from '../../src/http/upgrade.ts'
import { chatApp } from '../chat-app.ts'

/** The application behind real sockets, with its hub and log at hand. */
export async function servedApp(options: { access?: AppOptions['access'] } = {}) {
  const parts = chatApp(options)
  const server = createServer(getRequestListener(parts.app.fetch))
  const logger = parts.logger
  const upgrades = acceptUpgrades(server, { ...parts, logger })
  server.listen(0, '127.0.0.1')
  onTestFinished(() => {
    upgrades.closeAll()
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { ...parts, upgrades, server, url: `http://127.0.0.1:${addressOf(server).port}` }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate)
}
