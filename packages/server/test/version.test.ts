import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { VERSION } from '../src/version.ts'

it('the version is that of every package', () => {
  for (const name of ['protocol', 'client', 'server', 'cli']) {
    const json: unknown = JSON.parse(readFileSync(new URL(`../../${name}/package.json`, import.meta.url), 'utf8'))
    expect([name, z.object({ version: z.string() }).parse(json).version]).toEqual([name, VERSION])
  }
})
