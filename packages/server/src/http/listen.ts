import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartError } from '../log/start-error.ts'

/** Connections that may wait to be accepted: all clients come back at once after a restart. The system caps it. */
const BACKLOG = 4096

/** Somebody else listens there: perhaps a poll-chat to join. */
export class AddressInUse extends StartError {
  override name = 'AddressInUse'
}

/** `reusePort`: several sockets of this process may listen there, and the system shares the connections out. */
export type Address = { host: string; port: number; reusePort?: boolean }

/** @throws StartError when nobody can listen there */
export function listen(server: Server, { host, port, reusePort = false }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(listenError(error, host, port))
    server.once('error', refuse)
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port, reusePort, backlog: BACKLOG }, () => {
      server.off('error', refuse)
      resolve()
    })
  })
}

function listenError(error: Error, host: string, port: number): Error {
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return new AddressInUse(`Port ${port} is taken. Choose another one with --port.`, { cause: error })
  if (code === 'EACCES')
    return new StartError(`Port ${port} needs more rights. Choose one above 1023 with --port.`, { cause: error })
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`This machine has no address ${host}.`, { cause: error })
  return new StartError(`Cannot listen on ${host}:${port}: ${error.message}.`, { cause: error })
}

/** Where a listening server is reached from this machine. */
export function urlOf(server: Server, scheme: 'http' | 'https'): string {
  const { address, family, port }: Pick<AddressInfo, 'address' | 'family' | 'port'> = addressOf(server)
  const isAny = address === '0.0.0.0' || address === '::'
  const host = isAny ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address
  return `${scheme}://${host}:${port}`
}

/** Where it listens. Not `urlOf`, for a port: a URL leaves out 80. */
export function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port.')
  return address
}
