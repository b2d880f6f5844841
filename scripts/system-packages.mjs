import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What the tests use besides npm packages: the program, and Debian's package that brings it. */
const NEEDED = [
  { programs: ['chromium', 'chromium-browser', 'google-chrome'], name: 'chromium', why: 'to open the web pages' },
  { programs: ['tmux'], name: 'tmux', why: 'to chat in it' },
  { programs: ['nats-server'], name: 'nats-server', why: 'to run the JetStream engine' },
]

/** Installs what is missing where that is possible, and says how to get it where it is not. Never fails. */
export function installSystemPackages() {
  const missing = NEEDED.filter(({ programs }) => !programs.some(isOnPath))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name)
  const why = missing.map(({ name, why }) => `${name} ${why}`).join(', ')
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    console.log(
      `Some tests need ${why}. Install it with your package manager, as in: sudo apt-get install ${names.join(' ')}`,
    )
    return
  }
  console.log(`Installing what the tests need (${why}), with apt-get …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = (...args) => spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' })
  run('update')
  const { status, stderr } = run('install', '--yes', '--no-install-recommends', ...names)
  if (status !== 0)
    console.log(`${stderr.trim()}\nInstalling ${names.join(' ')} did not work; the tests that need it will say so.`)
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}
