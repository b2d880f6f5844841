/** What the command files build with: one command each, and the flags that several have. */
import { type Command, Option } from 'commander'
import { t } from './messages/language.ts'
import type { Env, ServerFlags } from './options.ts'
import { withConfig } from './settings.ts'

export class CommandLine {
  readonly program: Command
  readonly args: readonly string[]
  readonly env: Env

  constructor(program: Command, args: readonly string[], env: Env) {
    this.program = program
    this.args = args
    this.env = env
  }

  /** A command with its help: what it does, its examples, then whatever belongs to it, such as the environment. */
  command(usage: string, texts: { summary: string; help: string }, ...more: string[]): Command {
    return this.program
      .command(usage)
      .description(texts.summary)
      .helpOption('-h, --help', t.help.help)
      .addHelpText('after', [texts.help, ...more].join('\n'))
  }

  /** A command that asks a server: with its flags, its variables and its exit codes. */
  asking(usage: string, texts: { summary: string; help: string }): Command {
    return this.command(usage, texts, t.help.environment, t.help.exitCodes)
      .addOption(flag.server())
      .addOption(flag.keyFile())
  }

  /** A command of which others are parts. */
  group(usage: string, texts: { summary: string; help: string }): Command {
    return this.command(usage, texts, t.help.exitCodes).helpCommand(false)
  }

  /** The flags of a command, and those that stand before it: they hold for every command. */
  merged<Flags extends object>(flags: Flags): Flags {
    return { ...this.program.opts(), ...flags }
  }

  /** What a command that asks a server is given: its flags, and the environment with what the config file adds. */
  given<Flags extends ServerFlags>(flags: Flags): [flags: Flags, env: Env] {
    return withConfig(this.merged(flags), this.env)
  }
}

/** Defaults are only described here: `options.ts` knows them, after the environment. */
export const flag = {
  server: () => new Option('--server <url>', t.flags.server),
  keyFile: () => new Option('--key-file <file>', t.flags.keyFile),
  room: () => new Option('--room <name>', t.flags.room),
  roomKeyFile: () => new Option('--room-key-file <file>', t.flags.roomKeyFile),
  uid: () => new Option('--uid <name>', t.flags.uid),
  mode: () => new Option('--mode <mode>', t.flags.mode),
  interval: () => new Option('--interval <ms>', t.flags.interval),
  last: (count: number) => new Option('-n, --last <count>', t.flags.last(count)),
  notify: () => new Option('--notify <when>', t.flags.notify),
  theme: () => new Option('--theme <ground>', t.flags.theme),
  mouse: () => new Option('--mouse <on|off>', t.flags.mouse),
  inline: () => new Option('--inline', t.flags.inline),
  plain: () => new Option('--plain', t.flags.plain),
  screenReader: () => new Option('--screen-reader', t.flags.screenReader),
  json: () => new Option('--json', t.flags.json),
}

/** The flags of whoever follows a room. */
export function addFollowing(command: Command): Command {
  return command.addOption(flag.room()).addOption(flag.roomKeyFile()).addOption(flag.mode()).addOption(flag.interval())
}

/** The flags of whoever chats in a terminal. */
export function addChatting(command: Command): Command {
  const chatting = [
    flag.uid(),
    flag.last(50),
    flag.inline(),
    flag.plain(),
    flag.screenReader(),
    flag.mouse(),
    flag.notify(),
    flag.theme(),
  ]
  for (const option of chatting) command.addOption(option)
  return addFollowing(command)
}

/** Gathers a flag that may be given several times. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}
