/** Shell completion: the scripts that shells load, and the answers that these ask for. Loaded by `complete` alone. */
import { RootCommand, type Command as TabCommand } from '@bomb.sh/tab'
import { normaliseName } from '@poll-chat/protocol'
import type { Command, Option } from 'commander'
import { LOG_LEVELS } from './commands/serve.ts'
import { readConfig } from './config-file.ts'
import { connectBriefly } from './connect.ts'
import { DEFAULT_SERVER, type Env, MODES, NOTIFY, namedServer, readKey, type ServerFlags, THEMES } from './options.ts'
import { withConfig } from './settings.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** How long a person waits at the Tab key for the rooms of a server, in milliseconds. */
const ROOMS_WITHIN_MS = 700

/** Flags that take a path: there the shell completes. */
const PATHS = new Set(['--key-file', '--room-key-file', '--file', '--data', '--nats-index'])

const SHELL_COMPLETES = ':0\n'

/** The script to load into a shell. */
export function shellScript(shell: Shell, name: string): string {
  return shell === 'bash' ? bashScript(name) : captured(() => new RootCommand().setup(name, name, shell))
}

/** Answers what may stand at the place of the last word: `value<Tab>description` a line, then a directive. */
export async function completions(program: Command, words: readonly string[], env: Env): Promise<string> {
  const { flag, word } = placeOf(words)
  if (flag !== undefined && PATHS.has(flag)) return SHELL_COMPLETES
  const values: Record<string, readonly string[]> = {
    '--mode': MODES,
    '--notify': NOTIFY,
    '--theme': THEMES,
    '--log-level': LOG_LEVELS,
    '--lane': ['on', 'off'],
    '--mouse': ['on', 'off'],
    '--server': flag === '--server' || word === '' ? serverNames(env) : [],
    '--room': flag === '--room' ? await roomNames(words, env) : [],
  }
  const root = new RootCommand()
  const help = program.createHelp()
  addOptions(root, help.visibleOptions(program), values)
  for (const command of help.visibleCommands(program)) {
    const sub = root.command(command.name(), command.description())
    addOptions(sub, help.visibleOptions(command), values)
    addArguments(sub, command.name(), program, values)
  }
  return captured(() => root.parse([...words]))
}

function addOptions(to: TabCommand, options: readonly Option[], values: Record<string, readonly string[]>): void {
  for (const { long, short, description, required } of options) {
    if (!long) continue
    const alias = short?.slice(1)
    if (!required) to.option(long.slice(2), description, alias)
    else to.option(long.slice(2), description, (complete) => offer(complete, values[long] ?? []), alias)
  }
}

function addArguments(to: TabCommand, name: string, program: Command, values: Record<string, readonly string[]>): void {
  const offered: Record<string, readonly string[]> = {
    complete: SHELLS,
    config: ['path'],
    help: program.commands.map((command) => command.name()),
    join: values['--server'] ?? [],
  }
  if (offered[name]) to.argument(name, (complete) => offer(complete, offered[name] ?? []))
}

function offer(complete: (value: string, description: string) => void, values: readonly string[]): void {
  for (const value of values) complete(value, '')
}

/** The flag whose value the last word is, if it is one, and the word. */
function placeOf(words: readonly string[]): { flag: string | undefined; word: string } {
  const word = words.at(-1) ?? ''
  const [, flag, value] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? []
  if (flag !== undefined) return { flag, word: value ?? '' }
  const before = words.at(-2)
  return { flag: before?.startsWith('-') ? before : undefined, word }
}

/** Names of servers in the config file. */
function serverNames(env: Env): string[] {
  try {
    return [...(readConfig(env)?.servers.keys() ?? [])]
  } catch {
    return [] // there is nowhere to say what is wrong with the file; every command does
  }
}

/** The rooms of the server in force, as far as it tells in time. */
async function roomNames(words: readonly string[], env: Env): Promise<string[]> {
  try {
    const [flags, all] = withConfig(serverFlags(words), env)
    const client = connectBriefly({ url: namedServer(flags, all) ?? DEFAULT_SERVER, key: readKey(flags, all) })
    const rooms = await client.rooms({ signal: AbortSignal.timeout(ROOMS_WITHIN_MS) })
    // A name that is none could hold anything, and this goes into a shell.
    return rooms.map(({ room }) => room).filter((room) => normaliseName(room) !== undefined)
  } catch {
    return [] // no server, no completion
  }
}

/** What the line says already of where to ask. */
function serverFlags(words: readonly string[]): ServerFlags {
  const flags: ServerFlags = {}
  words.forEach((word, at) => {
    const [, name = word, joined] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? []
    const value = joined ?? words[at + 1]
    if (value === undefined) return
    if (name === '--server') flags.server = value
    if (name === '--key-file') flags.keyFile = value
  })
  return flags
}

/** The library prints by itself; what goes out goes through `print`. */
function captured(work: () => void): string {
  const { log } = console
  let text = ''
  console.log = (line: string) => {
    text += `${line}\n`
  }
  try {
    work()
  } finally {
    console.log = log
  }
  return text
}

/**
 * The library's script for bash evaluates what was typed, needs the bash-completion package and cannot be loaded twice. This one
 * needs bash alone, from 3.2 on. Bash breaks words at `=` and `:`; they are joined again, and only what follows is replaced.
 */
function bashScript(name: string): string {
  const fn = `_${name.replaceAll('-', '_')}`
  return `# bash completion for ${name}
${fn}() {
  local words=() word last=-1 joins=0 value rest directive=0 cur
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $last -ge 0 && ( $joins -eq 1 || $word == [=:]* ) ]]; then words[last]+=$word; else words[++last]=$word; fi
    [[ $word == *[=:] ]] && joins=1 || joins=0
  done
  cur=\${words[last]##*[=:]}
  while IFS=$'\\t' read -r value rest; do
    case $value in
      :*) directive=\${value#:} ;;
      "$cur"*) COMPREPLY+=("$value") ;;
    esac
  done < <(${name} complete -- "\${words[@]}" 2>/dev/null)
  [[ $directive -eq 0 ]] || ! type compopt >/dev/null 2>&1 || compopt +o default
}
complete -o default -F ${fn} ${name}
`
}
