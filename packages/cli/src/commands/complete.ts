import type { CommandLine } from '../command-line.ts'
import { UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { print } from '../terminal/output.ts'

export function addComplete(line: CommandLine): void {
  line
    .command('complete [shell]', t.complete, t.help.environment, t.help.exitCodes)
    .allowExcessArguments()
    .action((shell) => complete(shell, line))
}

/** `complete SHELL` prints what a shell loads; `complete -- WORDS` is what that asks at every Tab. */
async function complete(shell: string | undefined, { program, args, env }: CommandLine): Promise<void> {
  const { completions, SHELLS, shellScript } = await import('../completion.ts')
  if (args[1] === '--') return print(await completions(program, args.slice(2), env))
  const known = SHELLS.find((one) => one === shell)
  if (known === undefined) throw new UsageError(t.complete.notAShell(SHELLS.join(', ')))
  await print(shellScript(known, program.name()))
}
