import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gemoji } from 'gemoji'
import { rolldown } from 'rolldown'
import { loadConfig } from 'rolldown/config'
import { beforeAll, describe, expect, it } from 'vitest'
import { run, temporaryFolder } from './command.ts'
import { startFake } from './fake-server.ts'

/** What a `send` must not wait for. */
const HEAVY = /node_modules\/(react|ink|zod|undici|hono|pino)\/|packages\/server\/|src\/tui\//

/** The source files in each chunk of the bundle. The same build as the one in dist, kept in memory. */
const sources = new Map<string, string[]>()

beforeAll(async () => {
  const config = await loadConfig(fileURLToPath(new URL('../rolldown.config.mjs', import.meta.url)), {
    configLoader: 'native',
  })
  if (typeof config === 'function' || Array.isArray(config) || Array.isArray(config.output))
    throw new Error('Not the config of one bundle')
  const bundle = await rolldown(config)
  const { output } = await bundle.generate(config.output)
  for (const part of output) if (part.type === 'chunk') sources.set(part.fileName, part.moduleIds)
  await bundle.close()
}, 60_000)

/** Runs a command with a hook that notes every module it loads: chunks, and Node's own. */
async function loadedBy(args: string[]): Promise<{ chunks: string[]; builtins: string[] }> {
  const notes = join(temporaryFolder(), 'loaded.json')
  const hook = `
    import { registerHooks } from 'node:module'
    import { writeFileSync } from 'node:fs'
    const urls = []
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
    process.on('exit', () => writeFileSync(${JSON.stringify(notes)}, JSON.stringify({ urls, builtins: process.moduleLoadList })))`
  const ended = await run(args, { node: [`--import=data:text/javascript,${encodeURIComponent(hook)}`] })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const { urls, builtins }: { urls: string[]; builtins: string[] } = JSON.parse(readFileSync(notes, 'utf8'))
  return { builtins, chunks: urls.filter((url) => url.includes('/dist/')).map((url) => url.replace(/^.*\//, '')) }
}

describe.each([
  ['send', ['send', 'hi']],
  ['tail --no-follow', ['tail', '--no-follow']],
  ['--help', ['--help']],
])('%s', (_name, args) => {
  it('loads neither React, Ink, zod, undici nor the server', async () => {
    const { url } = await startFake()
    const { chunks, builtins } = await loadedBy(args.includes('--help') ? args : [...args, '--server', url])
    expect(chunks).toContain('cli.js')
    const files = chunks.flatMap((chunk) => sources.get(chunk) ?? [`${chunk} is not of this build`])
    expect(files.filter((file) => HEAVY.test(file) || file.includes('not of this build'))).toEqual([])
    expect(builtins.filter((name) => /undici|sqlite|child_process|https|tls|NativeModule crypto/.test(name))).toEqual(
      [],
    )
  })
})

it('the hook would see it: following loads undici', async () => {
  const { url } = await startFake()
  const { chunks } = await loadedBy(['join', url])
  expect(
    chunks.flatMap((chunk) => sources.get(chunk) ?? []).some((file) => file.includes('node_modules/undici/')),
  ).toBe(true)
})

it('every emoji passes the check that spares the first frame the pattern of all emoji', () => {
  const emoji = gemoji.map(({ emoji }) => emoji).filter((one) => /^\p{RGI_Emoji}$/v.test(one))
  expect(emoji.length).toBeGreaterThan(1_500)
  expect(emoji.filter((one) => !/\p{Emoji_Presentation}|\uFE0F/u.test(one))).toEqual([])
})
