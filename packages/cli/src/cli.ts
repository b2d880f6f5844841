/**
 * The command line: flags in, one function called. `send` starts fast: it is here with all that it needs, in one file of the
 * bundle, and the other commands are in a second one. What is large (the UI, undici, the server) they load when they need it.
 */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addChatting, CommandLine, flag } from './command-line.ts'
import { addSend } from './commands/send.ts'
import { chooseLanguage, t } from './messages/language.ts'
import { report } from './terminal/exit-codes.ts'
import { flush, print } from './terminal/output.ts'

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
    const program = await createProgram(args)
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
  await flush()
  process.exit()
}

async function createProgram(args: string[]): Promise<Command> {
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
  if (args[0] === 'send') addSend(line)
  else await addOthers(line)
  return program
}

/** The one that is named; or all of them, to help, to complete and to suggest. */
async function addOthers(line: CommandLine): Promise<void> {
  const { COMMANDS, start } = await import('./commands/all.ts')
  const { program, args } = line
  const named = COMMANDS.filter(([name]) => name === args[0] && name !== 'complete')
  for (const [, add] of named.length > 0 ? named : COMMANDS) add(line)
  // With an action of its own, commander would take a mistyped command for an argument of it and suggest nothing.
  if (program.parseOptions([...args]).operands.length === 0) program.action((flags) => start(...line.given(flags)))
}

function ownVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return version
}
