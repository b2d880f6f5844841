/** A program in a terminal of its own, on the server's core; its server is on the other one. */
import { createRequire } from 'node:module'
import { pinned, SERVER_CORE } from '../os.mjs'

/** The terminal that poll-chat's own tests use. */
const require = createRequire(new URL('../../packages/cli/package.json', import.meta.url))

export class Pty {
  /** The end of what it wrote. */
  tail = ''
  /** How much of it is kept, in characters. */
  kept = 20_000
  ended
  #pty
  #listeners = new Set()

  constructor(args) {
    const { spawn } = require('@lydell/node-pty')
    const env = { ...process.env, TERM: 'xterm-256color' }
    for (const name of ['CI', 'NO_COLOR', 'POLL_CHAT_KEY', 'POLL_CHAT_SERVER']) delete env[name]
    const [program, all] = pinned(SERVER_CORE, process.execPath, args)
    this.#pty = spawn(program, all, { cols: 100, rows: 30, env, name: env.TERM })
    this.#pty.onData((data) => {
      this.tail = (this.tail + data).slice(-this.kept)
      for (const listener of this.#listeners) listener()
    })
    this.ended = new Promise((resolve) => this.#pty.onExit(resolve))
  }

  get pid() {
    return this.#pty.pid
  }

  write(text) {
    this.#pty.write(text)
  }

  /** Resolves when the text was written since the last `forget`. */
  shows(text, withinMs = 20_000) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error(`the terminal never showed ${text}`))), withinMs)
      const check = () => this.tail.includes(text) && settle(resolve)
      const settle = (how) => {
        clearTimeout(timer)
        this.#listeners.delete(check)
        how()
      }
      this.#listeners.add(check)
      check()
    })
  }

  forget() {
    this.tail = ''
  }

  async stop() {
    this.#pty.kill('SIGTERM')
    const timer = setTimeout(() => this.#pty.kill('SIGKILL'), 3000)
    await this.ended
    clearTimeout(timer)
  }
}
