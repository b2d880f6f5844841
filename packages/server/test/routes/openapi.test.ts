import { expect, it } from 'vitest'
import { z } from 'zod'
import { VERSION } from '../../src/version.ts'
import { chatApp } from '../chat-app.ts'

const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
})
const operation = z.object({
  summary: z.string(),
  parameters: z.array(parameter).optional(),
  responses: z.record(z.string().regex(/^([1-5]\d\d|default)$/), z.object({ description: z.string() })),
})
const document = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.literal('poll-chat'), version: z.literal(VERSION) }),
  paths: z.record(z.string().startsWith('/'), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

async function description() {
  const { app, ask } = chatApp()
  const text = await (await ask('/openapi.json')).text()
  return { app, text, parsed: document.parse(JSON.parse(text)) }
}

it('describes every route, and none that is not there', async () => {
  const { app, parsed } = await description()
  const served = app.routes
    .filter(
      ({ method, path }) => method !== 'ALL' && path !== '/' && !path.startsWith('/page/') && path !== '/openapi.json',
    )
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  const described = Object.entries(parsed.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual([...new Set(served)].sort())
})

it('names each parameter of each path, and each problem', async () => {
  const { parsed } = await description()
  for (const [path, operations] of Object.entries(parsed.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const { parameters = [], responses } of Object.values(operations)) {
      const described = parameters.filter((parameter) => parameter.in === 'path')
      expect(described.map(({ name }) => name)).toEqual(inPath)
      expect(described.every(({ required }) => required === true)).toBe(true)
      expect(Object.keys(responses)).toContain('default')
    }
  }
})

it('refers to nothing that it does not have, and to all that it has', async () => {
  const { text, parsed } = await description()
  const referred = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
  expect([...new Set(referred)].sort()).toEqual(Object.keys(parsed.components.schemas).sort())
  expect(text).not.toContain('"$ref":"#/definitions')
})
