/**
 * Node's handle of a TCP socket, and what its own sockets do with it: `lib/internal/stream_base_commons.js` and `lib/net.js`
 * of Node 22 to 24. Everything is checked before it is used; `handles` is undefined where something is missing.
 */
import type { Socket } from 'node:net'

/** Hears how many bytes a read has put into the buffer. */
export interface Reader {
  onRead(count: number): void
}

/** Who reads at a handle is kept there, and one function serves all: a thousand of its own would be in no cache. */
const READER = Symbol('reader')

/** `onread` hears of each read; it must return nothing. `writeBuffer` returns 0 or an error's number. */
export type Handle = {
  [READER]?: Reader
  onread: (this: Handle, chunk?: unknown) => unknown
  readonly writeQueueSize: number
  useUserBuffer: (buffer: Buffer) => void
  writeBuffer: (request: WriteRequest, bytes: Buffer) => number
}

/** `buffer` is kept there so that it lives until it is written. */
type WriteRequest = { oncomplete?: () => void; buffer?: Buffer }

type Binding = {
  WriteWrap: new () => WriteRequest
  /** What the last call left, at the places that the constants name. */
  streamBaseState: Int32Array
  kReadBytesOrError: number
  kLastWriteWasAsync: number
}

type Symbols = { buffer: symbol; callback: symbol }

class Handles {
  readonly #binding: Binding
  readonly #onread: Handle['onread']
  /** That of all of Node's own sockets. */
  #original: Handle['onread'] | undefined
  #symbols: Symbols | undefined
  /** Not used up as long as writes are done at once. */
  #request: WriteRequest

  constructor(binding: Binding) {
    this.#binding = binding
    this.#request = new binding.WriteWrap()
    const { streamBaseState, kReadBytesOrError } = binding
    const endOrError = (handle: Handle, chunk: unknown) =>
      this.#original && Reflect.apply(this.#original, handle, [chunk])
    this.#onread = function (chunk) {
      const count = streamBaseState[kReadBytesOrError] ?? 0
      if (count > 0) this[READER]?.onRead(count)
      else endOrError(this, chunk)
    }
  }

  /**
   * Reads go into the buffer from now on, and the reader hears of them. Does nothing and returns undefined for what is no
   * plain TCP socket of Node's, and for one that comes back from the full parser: it may hold bytes that were read already.
   */
  take(socket: Socket, buffer: Buffer, reader: Reader): Handle | undefined {
    const handle: unknown = Reflect.get(socket, '_handle')
    this.#symbols ??= symbolsOf(socket)
    if (!isHandle(handle) || !this.#symbols || Reflect.get(socket, this.#symbols.buffer) !== null) return undefined
    this.#original ??= handle.onread
    if (handle.onread !== this.#original) return undefined
    // With a buffer of its own a socket that is paused stops reading at once.
    Reflect.set(socket, this.#symbols.buffer, buffer)
    handle.useUserBuffer(buffer)
    handle[READER] = reader
    handle.onread = this.#onread
    return handle
  }

  /** The socket reads for its own listeners again, as any other does. */
  release(socket: Socket, handle: Handle, buffer: Buffer): void {
    if (!this.#original || !this.#symbols) return
    const { streamBaseState, kReadBytesOrError } = this.#binding
    Reflect.set(socket, this.#symbols.callback, () =>
      socket.push(Buffer.from(buffer.subarray(0, streamBaseState[kReadBytesOrError]))),
    )
    handle.onread = this.#original
  }

  /** `onEnd` is there when something is left: it is to be called at once, and calls back when all is written, or failed. */
  write(handle: Handle, bytes: Buffer): 'all' | 'failed' | { onEnd: (callback: () => void) => void } {
    const request = this.#request
    if (handle.writeBuffer(request, bytes) !== 0) return 'failed'
    if (this.#binding.streamBaseState[this.#binding.kLastWriteWasAsync] === 0) return 'all'
    this.#request = new this.#binding.WriteWrap()
    request.buffer = bytes
    return {
      onEnd: (callback) => {
        request.oncomplete = callback
      },
    }
  }
}

export const handles = openHandles()

function openHandles(): Handles | undefined {
  try {
    const binding: unknown = Reflect.apply(Reflect.get(process, 'binding'), process, ['stream_wrap'])
    return isBinding(binding) ? new Handles(binding) : undefined
  } catch {
    return undefined // a Node without it, or that does not let go of it: the streams do as well
  }
}

function symbolsOf(socket: Socket): Symbols | undefined {
  const symbols = Object.getOwnPropertySymbols(socket)
  const named = (name: string) => symbols.find(({ description }) => description === name)
  const [buffer, callback] = [named('kBuffer'), named('kBufferCb')]
  return buffer && callback && { buffer, callback }
}

function isHandle(value: unknown): value is Handle {
  return (
    isObject(value) &&
    value.constructor.name === 'TCP' &&
    ['onread', 'useUserBuffer', 'writeBuffer'].every((name) => typeof Reflect.get(value, name) === 'function') &&
    typeof Reflect.get(value, 'writeQueueSize') === 'number'
  )
}

function isBinding(value: unknown): value is Binding {
  return (
    isObject(value) &&
    typeof Reflect.get(value, 'WriteWrap') === 'function' &&
    Reflect.get(value, 'streamBaseState') instanceof Int32Array &&
    ['kReadBytesOrError', 'kLastWriteWasAsync'].every((name) => typeof Reflect.get(value, name) === 'number')
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
