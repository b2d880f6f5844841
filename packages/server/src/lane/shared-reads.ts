/**
 * Reads of all connections into one buffer. Node gives each read 64 KiB of its own, which is cut down to what came and
 * collected later: a sixth of what a short poll costs. It has a way around that (`onread`), but offers it to sockets that
 * a program opens itself, not to those that a server accepts. They have all that it takes, under symbols. Where that
 * is not so, as in some later Node, reads are plain `data` events: the same, slower.
 */
import type { Socket } from 'node:net'

/** More than the lane reads as one request: most reads are a few hundred bytes, and whatever comes is one request. */
const BUFFER_BYTES = 64 * 1024

const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)

/** Bytes that are valid until the listener returns: what it keeps it copies. */
export type OnBytes = (bytes: Buffer) => void

/**
 * Calls the listener with what comes, from now on. Returns false, and does nothing, where this Node has no such way, and for a
 * socket that comes back from the full parser: it may hold bytes that were read already.
 */
export function readShared(socket: Socket, onBytes: OnBytes): boolean {
  const symbols = symbolsOf(socket)
  const setBuffer = bufferSetter(Reflect.get(socket, '_handle'))
  if (!symbols || !setBuffer || Reflect.get(socket, symbols.buffer) !== null) return false
  Reflect.set(socket, symbols.buffer, buffer)
  Reflect.set(socket, symbols.callback, (count: number) => onBytes(buffer.subarray(0, count)))
  setBuffer()
  return true
}

/** From now on what comes is for the socket's own listeners, as with any other socket. */
export function readAlone(socket: Socket): void {
  const symbols = symbolsOf(socket)
  if (symbols)
    Reflect.set(socket, symbols.callback, (count: number) => socket.push(Buffer.from(buffer.subarray(0, count))))
}

type Symbols = { buffer: symbol; callback: symbol }

let known: Symbols | undefined

function symbolsOf(socket: Socket): Symbols | undefined {
  if (known) return known
  const symbols = Object.getOwnPropertySymbols(socket)
  const named = (name: string) => symbols.find(({ description }) => description === name)
  const [buffer, callback] = [named('kBuffer'), named('kBufferCb')]
  known = buffer && callback && { buffer, callback }
  return known
}

function bufferSetter(handle: unknown): (() => void) | undefined {
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return undefined
  const { useUserBuffer } = handle
  return typeof useUserBuffer === 'function' ? () => Reflect.apply(useUserBuffer, handle, [buffer]) : undefined
}
