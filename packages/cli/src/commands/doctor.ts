/** `doctor`: what lies between here and a server, in plain words. */
import { type CommandLine, flag } from '../command-line.ts'
import { connectForLong } from '../connect.ts'
import type { Check, Finding } from '../doctor/finding.ts'
import { EXIT, type ExitCode, Failure, UsageError } from '../failure.ts'
import { t } from '../messages/language.ts'
import { DEFAULT_SERVER, type Env, namedServer, readKey, readWhole, type ServerFlags } from '../options.ts'
import { print } from '../terminal/output.ts'
import { escapeJson, sanitiseLine } from '../terminal/sanitise.ts'

export type DoctorFlags = ServerFlags & { seconds?: string; json?: boolean }

const MARKS: Record<Finding['verdict'], string> = { good: '✓', poor: '!', bad: '✗' }

export function addDoctor(line: CommandLine): void {
  line
    .asking('doctor [url]', t.doctor)
    .option('--seconds <count>', t.doctor.seconds)
    .addOption(flag.json())
    .action((url, flags) => doctor(url, ...line.given<DoctorFlags>(flags)))
}

/** @throws Failure with exit code 3 when the server cannot be reached, 4 without its key, 1 when one cannot chat */
export async function doctor(given: string | undefined, flags: DoctorFlags, env: Env): Promise<void> {
  if (given !== undefined && flags.server !== undefined) throw new UsageError(t.usage.serverTwice)
  const url = namedServer(given === undefined ? flags : { ...flags, server: given }, env) ?? DEFAULT_SERVER
  const key = readKey(flags, env)
  const seconds = readWhole(flags.seconds, '--seconds', { min: 5, max: 60, or: 30 })
  const findings: Finding[] = []
  const tell = (finding: Finding) => {
    findings.push(finding)
    if (!flags.json) void print(lineOf(finding))
  }
  const { examine } = await import('../doctor/examine.ts')
  const signal = new AbortController().signal
  const works = await examine({ url, key, client: connectForLong({ url, key }), seconds, signal, tell })
  if (flags.json) await print(`${escapeJson(JSON.stringify({ url, works, findings }))}\n`)
  else await print(advice(findings, works))
  if (!works) throw new Failure(t.doctor.cannotChat(url), exitCode(findings))
}

/** `✓ latency     3 ms there and back` */
function lineOf({ check, verdict, said }: Finding): string {
  return `${MARKS[verdict]} ${t.doctor.checks[check].padEnd(t.doctor.width)}  ${sanitiseLine(said)}\n`
}

function advice(findings: readonly Finding[], works: boolean): string {
  const items = findings.flatMap(({ check, advice }) =>
    advice === undefined ? [] : [`- ${t.doctor.checks[check]}: ${advice}\n`],
  )
  const all = items.length > 0 ? `\n${t.doctor.whatToDo}\n${items.join('')}` : works ? `\n${t.doctor.allIsWell}\n` : ''
  return all
}

function exitCode(findings: readonly Finding[]): ExitCode {
  const bad = findings.find(({ verdict }) => verdict === 'bad')
  const unreachable: Check[] = ['address', 'tls']
  if (bad && unreachable.includes(bad.check)) return EXIT.unreachable
  return bad?.value === 401 ? EXIT.notAllowed : EXIT.failure
}
