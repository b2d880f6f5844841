import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { StartError } from '../log/start-error.ts'

/** The key in a file, made when there is none: whoever may read the file needs no other leave. @throws StartError */
export function keptKey(path: string): string {
  try {
    return makeKey(path) ?? readKey(path)
  } catch (error) {
    if (error instanceof StartError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError(`The admin key cannot be kept: ${why}. Name another one with --admin-key-file.`, {
      cause: error,
    })
  }
}

function makeKey(path: string): string | undefined {
  const key = randomBytes(32).toString('base64url')
  try {
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx', flush: true })
    return key
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined
    throw error
  }
}

function readKey(path: string): string {
  const key = readFileSync(path, 'utf8').trim()
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new StartError(`${path} holds no key. Delete it, and another one is made.`)
}
