import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { cleanEnv, killGroup, Running, temporaryFolder } from './command.ts'

const execute = promisify(execFile)
const HERE = fileURLToPath(new URL('..', import.meta.url))

it('the packed package works in an empty folder, without a registry', async () => {
  const folder = temporaryFolder()
  const env = cleanEnv({
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    npm_config_offline: 'true',
    npm_config_cache: join(folder, 'cache'),
  })
  await execute('npm', ['pack', '--pack-destination', folder], { cwd: HERE, env })
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? ''
  const { stdout: listing } = await execute('tar', ['-tzf', join(folder, tarball)])
  const files = listing.trim().split('\n')
  expect(
    files.filter(
      (file) =>
        !/^package\/(bin\/poll-chat\.js|dist\/[\w-]+\.js|dist\/THIRD-PARTY-LICENSES\.txt|package\.json|README\.md|LICENSE)$/.test(
          file,
        ),
    ),
  ).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining(['package/dist/sqlite-worker.js', 'package/LICENSE', 'package/README.md']),
  )

  const project = join(folder, 'project')
  await execute('npm', ['install', '--prefix', project, '--no-audit', '--no-fund', join(folder, tarball)], { env })
  const modules = join(project, 'node_modules')
  expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['poll-chat'])
  const licences = readFileSync(join(modules, 'poll-chat/dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
  for (const part of ['commander', 'ink', 'react', 'hono', 'pino', 'zod', 'undici', 'yoga-layout', 'preact'])
    expect(licences).toMatch(new RegExp(`^${part} \\d`, 'm'))

  const npx = (...args: string[]) => execute('npx', ['poll-chat', ...args], { cwd: project, env })
  const child = spawn('npx', ['poll-chat', 'serve', '--port', '0'], { cwd: project, env, detached: true })
  onTestFinished(() => killGroup(child.pid))
  const server = await new Running(child).until(({ stdout }) => stdout.includes('\n'))
  expect(server.stdout).toContain('Join with: npx poll-chat join')
  const url = /http:\S+\d/.exec(server.stdout)?.[0] ?? ''
  expect(await npx('send', '--server', url, 'from a package')).toEqual({ stdout: '', stderr: '' })
  expect(await (await fetch(url)).text()).toContain('<title>poll-chat</title>')
  expect((await npx('tail', '--no-follow', '--server', url)).stdout).toContain('from a package')
}, 60_000)
