import { write } from 'node:fs'
import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'

/** How long to wait when the terminal takes nothing just now, in milliseconds. */
const AGAIN_MS = 5

/**
 * The terminal, for Ink, written to from a thread of libuv's. Node writes to a terminal in the event loop itself: one
 * that stops reading (Ctrl-S, a stalled ssh) would stop everything, and with it the session. Here it stops only what is
 * shown; `isBusy` tells who draws to wait, so that nothing piles up.
 */
export class PacedOutput extends Writable {
  readonly isTTY = true
  readonly #stream: WriteStream
  readonly #fd: number

  private constructor(stream: WriteStream, fd: number) {
    super({ decodeStrings: true, highWaterMark: 1024 * 1024 })
    this.#stream = stream
    this.#fd = fd
    stream.on('resize', () => this.emit('resize'))
  }

  /** A stream that is no file is written to as it is; so is a Windows console, which does not take bytes of UTF-8. */
  static over(stream: WriteStream): PacedOutput | undefined {
    const hasFile = 'fd' in stream && typeof stream.fd === 'number'
    return hasFile && process.platform !== 'win32' ? new PacedOutput(stream, Number(stream.fd)) : undefined
  }

  get columns(): number {
    return this.#stream.columns
  }

  get rows(): number {
    return this.#stream.rows
  }

  /** Whether something is still on its way to the screen. */
  get isBusy(): boolean {
    return this.writableLength > 0
  }

  /** Resolves when all of it is on the screen, or `withinMs` is over. */
  async settled(withinMs: number): Promise<boolean> {
    if (!this.isBusy || this.destroyed) return !this.isBusy
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), withinMs)
    this.write('', () => resolve(true))
    const isSettled = await promise
    clearTimeout(timer)
    return isSettled
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    write(this.#fd, chunk, (error, written) => {
      if (error && error.code !== 'EAGAIN') return done(error)
      const rest = error ? chunk : chunk.subarray(written)
      if (rest.length > 0) return void setTimeout(() => this._write(rest, _encoding, done), error ? AGAIN_MS : 0)
      done()
      if (!this.isBusy) this.emit('settled')
    })
  }

  /** A frame comes in several writes; they go out as one, so that nothing can come between them. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', done)
  }
}
