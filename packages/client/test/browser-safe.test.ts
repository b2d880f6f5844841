import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const INDEX = new URL('../src/index.ts', import.meta.url)

/** Every file that the index brings along, and every package that one of them names. */
function reach(file: URL, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file.href)) return { files, packages }
  files.add(file.href)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    if (specifier.startsWith('.')) reach(new URL(specifier, file), files, packages)
    else packages.add(specifier)
  }
  return { files, packages }
}

test('the index reaches no package but the protocol, and so neither Node nor undici', () => {
  const { files, packages } = reach(INDEX)
  expect([...files].map((file) => file.split('/').at(-1))).toContain('request.ts')
  expect([...packages]).toEqual(['@poll-chat/protocol'])
})

test('the index compiles where there are no Node types, and so uses no Node global', { timeout: 30_000 }, () => {
  const compile = (file: URL) => {
    const options = [
      '--noEmit',
      '--ignoreConfig',
      '--types',
      '',
      '--lib',
      'es2024,dom',
      '--target',
      'es2024',
      '--strict',
    ]
    const modules = ['--module', 'nodenext', '--allowImportingTsExtensions', '--skipLibCheck', '--pretty', 'false']
    const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
    try {
      return execFileSync(process.execPath, [tsc, ...options, ...modules, fileURLToPath(file)], { encoding: 'utf8' })
    } catch (error) {
      return error instanceof Error && 'stdout' in error ? String(error.stdout) : 'the compiler did not run'
    }
  }
  expect(compile(INDEX)).toBe('')
  expect(compile(new URL('../src/socket-fetch.ts', import.meta.url))).toContain('process')
})
