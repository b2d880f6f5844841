import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { Counts } from '@poll-chat/server'
import type { CommandLine } from '../command-line.ts'
import { Failure, UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { fileReason } from '../options.ts'
import { print, say } from '../terminal/output.ts'
import { addEngine, type EngineFlags, withEngine } from './offline-engine.ts'

type ExportFlags = EngineFlags & { force?: boolean }

export function addExport(line: CommandLine): void {
  addEngine(line.command('export <file>', t.export, t.help.exitCodes))
    .option('--force', t.backup.force)
    .action(async (path: string, flags: ExportFlags) => {
      if (path !== '-' && existsSync(path) && !flags.force) throw new UsageError(t.backup.exists(path))
      const counts = await withEngine(line.merged(flags), line.env, { mustExist: true }, async (engine) => {
        const { exported } = await import('@poll-chat/server')
        return path === '-' ? printAll(exported(engine)) : save(exported(engine), path)
      })
      if (path !== '-') say(t.export.done(path, counts.messages, counts.rooms))
    })
}

type Lines = AsyncGenerator<string, Counts>

async function printAll(lines: Lines): Promise<Counts> {
  for (;;) {
    const { done, value } = await lines.next()
    if (done) return value
    await print(value)
  }
}

/** The file gets its name when it is whole. */
async function save(lines: Lines, path: string): Promise<Counts> {
  const { pipeline } = process.getBuiltinModule('node:stream/promises') // not by import: other commands would load it too
  const part = `${path}.${process.pid}.part`
  let counts: Counts = { rooms: 0, messages: 0, places: 0, entries: 0 }
  async function* each() {
    counts = yield* lines
  }
  try {
    await pipeline(Readable.from(each()), createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }))
    renameSync(part, path)
    return counts
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new Failure(t.backup.notWritten(path, fileReason(error)), 1, error)
    throw error
  } finally {
    rmSync(part, { force: true })
  }
}
