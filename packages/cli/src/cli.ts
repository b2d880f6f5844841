/**
 * The command line: flags in, one function called. The commands are small; what is large (the UI, undici, the server)
 * they load when they need it, so that `send` starts fast.
 */
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { join } from './commands/join.ts'
import { send } from './commands/send.ts'
import { readServing, serve } from './commands/serve.ts'
import { start } from './commands/start.ts'
import { tail } from './commands/tail.ts'
import * as help from './help.ts'
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
    await createProgram(args).parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
  await flush()
  process.exit()
}

function createProgram(args: string[]): Command {
  const { env } = process
  const program = new Command('poll-chat')
    .description('A chat room in a minute, from a terminal, through any network that passes a web page.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .enablePositionalOptions() // what stands before the command belongs to all of them, see `merged`
    .exitOverride()
    .configureOutput({ writeOut: (text) => void print(text), writeErr: () => undefined }) // errors are said by `report`
    .addHelpText('after', [help.START_EXAMPLES, help.ENVIRONMENT, help.EXIT_CODES].join('\n'))

  const command = (usage: string, description: string, ...after: string[]) =>
    program
      .command(usage)
      .description(description)
      .helpOption('-h, --help', 'print this help')
      .addHelpText('after', after.join('\n'))
  const merged = <Flags extends object>(flags: Flags): Flags => ({ ...program.opts(), ...flags })

  addRoom(program).addOption(flag.uid()).addOption(flag.last(50))

  addRoom(command('join [url]', 'chat in the terminal', help.JOIN_EXAMPLES, help.ENVIRONMENT, help.EXIT_CODES))
    .addOption(flag.uid())
    .addOption(flag.last(50))
    .action((url, flags) => join(url, merged(flags), env))

  command('send [text...]', 'send one message', help.SEND_EXAMPLES, help.ENVIRONMENT, help.EXIT_CODES)
    .addOption(flag.server())
    .addOption(flag.keyFile())
    .addOption(flag.room())
    .addOption(flag.uid())
    .option('--id <id>', 'makes repeating safe (default: a random one)')
    .option('--timeout <seconds>', 'how long to go on trying (default: 5)')
    .option('--json', 'print the message as the server has it')
    .action((text, flags) => send(text, merged(flags), env))

  addRoom(command('tail', 'print a room and follow it', help.TAIL_EXAMPLES, help.ENVIRONMENT, help.EXIT_CODES))
    .addOption(flag.last(20))
    .option('--json', 'one JSON object a line')
    .option('--no-follow', 'end after the messages that are there')
    .action((flags) => tail(merged(flags), env))

  command('serve', 'run a server', help.SERVE_EXAMPLES, help.EXIT_CODES)
    .option('--port <port>', 'the port to listen on; 0 takes a free one (default: 8787)')
    .option('--host <address>', 'the address to listen on (default: "127.0.0.1")')
    .option('--data <folder>', 'where the messages lie, or :memory: (default: the data folder of your account)')
    .option('--log-level <level>', 'silent, error, warn, info or debug (default: warn at a terminal, else info)')
    .option('--threads <count>', 'HTTP threads over the one log (default: 1)')
    .option('--lane <on|off>', 'answer plain polls on a short cut; off is the same, slower (default: on)')
    .option('--key-file <file>', 'a file that holds the key')
    .option('--open', 'serve without a key on an address that others can reach')
    .action(async (flags) => serve(await readServing(merged(flags), env)))

  // With an action of its own, commander would take a mistyped command for an argument of it and suggest nothing.
  if (program.parseOptions(args).operands.length === 0) program.action((flags) => start(flags, env))
  return program
}

/** Flags that several commands have. Defaults are only described here: `options.ts` knows them, after the environment. */
const flag = {
  server: () => new Option('--server <url>', 'the server (default: "http://127.0.0.1:8787")'),
  keyFile: () => new Option('--key-file <file>', "a file that holds the server's key"),
  room: () => new Option('--room <name>', 'the room (default: "lobby")'),
  uid: () => new Option('--uid <name>', 'who you are (default: your login name)'),
  mode: () => new Option('--mode <mode>', 'long (hanging requests) or poll (default: "long")'),
  interval: () => new Option('--interval <ms>', 'pause between two polls with --mode poll (default: 1000)'),
  last: (count: number) => new Option('-n, --last <count>', `messages of the past to show (default: ${count})`),
}

function addRoom(command: Command): Command {
  for (const option of [flag.server, flag.keyFile, flag.room, flag.mode, flag.interval]) command.addOption(option())
  return command
}

function ownVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return version
}
