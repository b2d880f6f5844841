/**
 * The command line: flags in, one function called. The commands are small; what is large (the UI, undici, the server)
 * they load when they need it, so that `send` starts fast.
 */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addChatting, CommandLine, flag } from './command-line.ts'
import { addAdmin } from './commands/admin.ts'
import { addAsk } from './commands/ask.ts'
import { addBackup } from './commands/backup.ts'
import { addComplete } from './commands/complete.ts'
import { addConfig } from './commands/config.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExport } from './commands/export.ts'
import { addHistory } from './commands/history.ts'
import { addImport } from './commands/import.ts'
import { addJoin } from './commands/join.ts'
import { addRoomKey } from './commands/room-key.ts'
import { addRooms } from './commands/rooms.ts'
import { addSearch } from './commands/search.ts'
import { addSend } from './commands/send.ts'
import { addServe } from './commands/serve.ts'
import { start } from './commands/start.ts'
import { addTail } from './commands/tail.ts'
import { addUid } from './commands/uid.ts'
import { addWait } from './commands/wait.ts'
import { addWho } from './commands/who.ts'
import { chooseLanguage, t } from './messages/language.ts'
import { report } from './terminal/exit-codes.ts'
import { flush, print } from './terminal/output.ts'

/** Every command, in the order of `--help`: one file each. */
const COMMANDS = [
  addJoin,
  addSend,
  addTail,
  addRooms,
  addRoomKey,
  addWho,
  addSearch,
  addHistory,
  addWait,
  addAsk,
  addServe,
  addUid,
  addAdmin,
  addBackup,
  addExport,
  addImport,
  addDoctor,
  addConfig,
  addComplete,
]

/** Runs one command line and exits. */
export async function main(args: string[]): Promise<void> {
  process.on('uncaughtException', (error) => {
    process.once('exit', () => {
      process.exitCode = report(error) // last of all, when the terminal UI has given the screen back
    })
    process.exit(1)
  })
  try {
    await chooseLanguage(process.env)
    await createProgram(args).parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
  await flush()
  process.exit()
}

function createProgram(args: string[]): Command {
  const program = new Command('poll-chat')
    .description(t.help.program)
    .version(ownVersion(), '-V, --version', t.help.version)
    .helpOption('-h, --help', t.help.help)
    .helpCommand('help [command]', t.help.helpCommand)
    .enablePositionalOptions() // what stands before the command belongs to all of them, see `merged`
    .configureHelp({ styleTitle: (title) => new Map(Object.entries(t.help.titles)).get(title) ?? title })
    .exitOverride()
    .configureOutput({ writeOut: (text) => void print(text), writeErr: () => undefined }) // errors are said by `report`
    .addHelpText('after', [t.help.start, t.help.environment, t.help.exitCodes].join('\n'))
    .addOption(flag.server())
    .addOption(flag.keyFile())
  addChatting(program)

  const line = new CommandLine(program, args, process.env)
  for (const add of COMMANDS) add(line)
  // With an action of its own, commander would take a mistyped command for an argument of it and suggest nothing.
  if (program.parseOptions(args).operands.length === 0) program.action((flags) => start(...line.given(flags)))
  return program
}

function ownVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return version
}
