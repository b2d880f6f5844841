import type { CommandLine } from '../command-line.ts'
import { UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { say } from '../terminal/output.ts'
import { addEngine, type EngineFlags, withEngine } from './offline-engine.ts'

export function addImport(line: CommandLine): void {
  addEngine(line.command('import <file>', t.import, t.help.exitCodes)).action(
    async (path: string, flags: EngineFlags) => {
      if (path === '-') throw new UsageError(t.import.needsFile)
      const imported = await withEngine(line.merged(flags), line.env, { mustExist: false }, async (engine) => {
        const { importFile } = await import('@poll-chat/server')
        return importFile(engine, path, (step) => say(t.import.steps[step]))
      })
      const { messages, rooms, added, keepsIndexes } = imported
      say(t.import.done(messages, rooms, added))
      if (!keepsIndexes && added > 0) say(t.import.newIndexes)
    },
  )
}
