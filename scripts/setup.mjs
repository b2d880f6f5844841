/**
 * What `npm start` and `npm test` run first: installs what is missing, and builds what changed.
 * Plain JavaScript for the machine's own Node (18 or newer); without a network it works once everything is installed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installSystemPackages } from './system-packages.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', PATH: `${bin}${delimiter}${process.env.PATH}` }

if (!isInstalled()) install()
if (process.argv.includes('--test')) installSystemPackages()
build()

/** npm notes in node_modules what it has installed. `npm ci` needs the network, so a newer date alone is no reason for it. */
function isInstalled() {
  const wanted = join(root, 'package-lock.json')
  const noted = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(noted)) return false
  if (statSync(noted).mtimeMs >= statSync(wanted).mtimeMs) return true
  const have = readPackages(noted)
  return Object.entries(readPackages(wanted)).every(
    ([path, { version, optional }]) => path === '' || have[path]?.version === version || (optional && !(path in have)),
  )
}

function readPackages(lock) {
  return JSON.parse(readFileSync(lock, 'utf8')).packages
}

function install() {
  console.log('Installing the dependencies (npm ci); this is done once and takes a minute …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund']
  const options = { cwd: root, stdio: 'inherit' }
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync(`npm ${args.join(' ')}`, { ...options, shell: true })
  if (status !== 0) end('The dependencies could not be installed; npm says why above.')
}

function build() {
  if (!existsSync(join(root, 'packages/cli/dist/cli.js'))) console.log('Building poll-chat …')
  const turbo = ['turbo', 'run', 'build', '--output-logs=errors-only', '--log-prefix=none']
  const { status, stdout, stderr, error } = spawnSync(turbo.join(' '), {
    cwd: root,
    env,
    shell: true,
    encoding: 'utf8',
  })
  if (status !== 0) end(`${stdout ?? ''}${stderr ?? ''}${error ?? ''}\nThe build failed; the reason is above.`)
}

function end(message) {
  console.error(message)
  process.exit(1)
}
