/** Ours, as its users start it: `poll-chat serve` with a database on disk. From a copy, so that a build meanwhile changes nothing. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder, removeFolder, startProcess } from './process.mjs'

const CLI = fileURLToPath(new URL('../../packages/cli/', import.meta.url))

let copied
let flagsOfServe

/** The path of the copied command. */
export function command() {
  if (copied === undefined) {
    const folder = makeFolder()
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(join(CLI, part), join(folder, part), { recursive: true, filter: (path) => !path.includes('dist/types') })
    copied = join(folder, 'bin/poll-chat.js')
  }
  return copied
}

/** True when `serve` has this flag. */
export function serveHas(flag) {
  flagsOfServe ??= execFileSync(process.execPath, [command(), 'serve', '--help'], { encoding: 'utf8' })
  return flagsOfServe.includes(`${flag} `)
}

/**
 * @param threads more than one: `serve --threads`
 * @param lane `off`: everything through node:http and Hono
 * @param prepare is given the data folder before the start, to put a database there
 */
export async function startPollChat({ threads, lane, prepare, core } = {}) {
  const folder = makeFolder()
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  await prepare?.(data)
  const args = [command(), 'serve', '--port', '0', '--data', data, '--log-level', 'error']
  if (threads !== undefined) args.push('--threads', String(threads))
  if (lane !== undefined) args.push('--lane', lane)
  const server = await startProcess(process.execPath, args, { core, portPattern: /http:\/\/127\.0\.0\.1:(\d+)/ })
  return {
    port: server.port,
    pids: [server.pid],
    dialect: 'poll-chat',
    async stop() {
      await server.stop()
      removeFolder(folder)
    },
  }
}
