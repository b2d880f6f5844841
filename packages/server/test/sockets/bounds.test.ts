/** However large, long or deep a request is: every route, with the lane and without, refuses it by a problem document. */
import { MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_URL_BYTES } from '@poll-chat/protocol'
import { problemSchema } from '@poll-chat/protocol/schemas'
import { describe, expect, it } from 'vitest'
import { chatApp } from '../chat-app.ts'
import { RawConnection } from '../lane/raw-http.ts'
import { serving } from './serving.ts'

type Route = { method: string; path: string; hasBody: boolean }

/** All that there are, as they describe themselves. */
async function allRoutes(): Promise<Route[]> {
  const { paths } = await (await chatApp().ask('/openapi.json')).json()
  return Object.entries<Record<string, object>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll('{index}', '1').replaceAll(/\{\w+\}/g, 'lobby'),
      hasBody: 'requestBody' in operation,
    })),
  )
}

const routes = await allRoutes()
const withBody = routes.filter(({ hasBody }) => hasBody)
const JSON_TYPE = 'Content-Type: application/json'

/** Deeper than any stack: a reader that calls itself for each level would not come back. */
const DEEP = `{"text":${'['.repeat(45_000)}${']'.repeat(45_000)}}`
const LARGE = 'x'.repeat(MAX_BODY_BYTES + 1)

const request = ({ method, path }: Route, headers: string[], body = '', query = '') =>
  [`${method} ${path}${query} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n')
const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

type Bound = { of: Route[]; status: RegExp; make: (route: Route) => string }

const BOUNDS: Record<string, Bound> = {
  'a URL that is too long': {
    of: routes,
    status: /^HTTP\/1.1 414 /,
    make: (route) => request(route, [], '', `?x=${'x'.repeat(MAX_URL_BYTES)}`),
  },
  'a head that is too large': {
    of: routes,
    status: /^HTTP\/1.1 431 /,
    make: (route) => request(route, [`A: ${'x'.repeat(MAX_HEAD_BYTES)}`]),
  },
  'too many headers, in a head that is too large': {
    of: routes,
    status: /^HTTP\/1.1 431 /,
    make: (route) => request(route, Array(MAX_HEAD_BYTES / 4).fill('a: b')),
  },
  'a body that says it is too large': {
    of: withBody,
    status: /^HTTP\/1.1 413 /,
    make: (route) => request(route, [JSON_TYPE, `Content-Length: ${LARGE.length}`], LARGE),
  },
  'a body that turns out to be too large': {
    of: withBody,
    status: /^HTTP\/1.1 413 /,
    make: (route) => request(route, [JSON_TYPE, 'Transfer-Encoding: chunked'], chunked(LARGE)),
  },
  'JSON that is too deep': {
    of: withBody,
    status: /^HTTP\/1.1 400 /,
    make: (route) => request(route, [JSON_TYPE, `Content-Length: ${DEEP.length}`], DEEP),
  },
  'deep JSON in a short body': {
    of: withBody,
    status: /^HTTP\/1.1 400 /,
    make: (route) =>
      request(route, [JSON_TYPE, 'Content-Length: 4011'], `{"text":["${'['.repeat(4_000)}`.padEnd(4_011)),
  },
}

it('there are routes to test, some of them with a body', () => {
  expect(routes.length).toBeGreaterThan(15)
  expect(withBody.map(({ path }) => path)).toContain('/v1/rooms/lobby/messages')
})

describe.each([true, false])('with the lane %s', (lane) => {
  const portOf = async () => Number(new URL((await serving({ lane })).url).port)

  it.each(Object.entries(BOUNDS))('%s is refused', async (_, { of, status, make }) => {
    const connection = new RawConnection(await portOf())
    for (const route of of) {
      const answer = await connection.ask(make(route), { hasBody: true })
      connection.close() // what it has not read of a request may follow
      if (answer === 'closed') throw new Error(`${route.method} ${route.path}: no answer`)
      expect([route.path, answer.status]).toEqual([route.path, expect.stringMatching(status)])
      problemSchema.parse(JSON.parse(answer.body))
    }
  })
})
