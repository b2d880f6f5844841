import { nodeHttpFetch } from '../src/node-http-fetch.ts'
import { plainHttpFetch } from '../src/plain-http-fetch.ts'
import type { FetchLike } from '../src/types.ts'
import { createUndiciFetch } from '../src/undici-fetch.ts'

type Opened = { fetch: FetchLike; close: () => Promise<void> }

/** Every fetch that the client is meant to run on. */
export const FETCHES: [name: string, open: () => Opened][] = [
  ['the global fetch', () => ({ fetch: (url, init) => fetch(url, init), close: async () => undefined })],
  [
    'undici',
    () => {
      const undici = createUndiciFetch()
      return { fetch: undici, close: () => undici.close() }
    },
  ],
  ['node:http', () => ({ fetch: nodeHttpFetch, close: async () => undefined })],
  ['a bare socket', () => ({ fetch: plainHttpFetch, close: async () => undefined })],
]
