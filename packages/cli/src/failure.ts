/** What a command ends with. Documented in every `--help`; scripts depend on it. */
export const EXIT = { ok: 0, failure: 1, usage: 2, unreachable: 3, notAllowed: 4, timeout: 5 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Why a command cannot go on, in one sentence that says what to do. */
export class Failure extends Error {
  override name = 'Failure'
  readonly exitCode: ExitCode

  constructor(sentence: string, exitCode: ExitCode = EXIT.failure, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** The command line, the environment or the text to send is not valid. Nothing was sent to any server. */
export class UsageError extends Failure {
  override name = 'UsageError'

  constructor(sentence: string, cause?: unknown) {
    super(sentence, EXIT.usage, cause)
  }
}

/** The `code` of an error of Node itself, such as `ENOENT`; of anything else `undefined`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Why the server did not start. Known by its name: importing its class would load the whole server into every command. */
export function isStartError(error: unknown): boolean {
  return error instanceof Error && (error.name === 'StartError' || error.name === 'AddressInUse')
}
