/** Every message once and in order, whatever breaks: over real sockets, with every fetch, in every mode. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import type { FollowOptions } from '../src/types.ts'
import { FETCHES } from './fetches.ts'
import type { Fault } from './log-server.ts'
import { answer, LogServer, problem } from './log-server.ts'

const MODES: [string, FollowOptions][] = [
  ['polling', { mode: 'poll', intervalMs: 1 }],
  ['long polling', { mode: 'long' }],
  ['an inbox', { mode: 'long', inbox: true, after: '0' }],
]

const FAULTS: [string, Fault][] = [
  ['before the answer', 'before'],
  ['in the head', 'in-head'],
  ['in the body', 'in-body'],
  ['after the answer', 'after'],
  ['by a 502', answer(502, { 'content-type': 'text/html' }, '')],
  ['by a draining server', problem({ status: 503, code: 'draining' })],
  ['by a portal', answer(200, { 'content-type': 'text/html' }, '')],
]

describe.each(FETCHES)('over %s', (_name, open) => {
  describe.each(MODES)('%s', (_mode, options) => {
    let server: LogServer
    let opened: ReturnType<typeof open>

    beforeEach(async () => {
      vi.spyOn(Math, 'random').mockReturnValue(0)
      server = await LogServer.start()
      opened = open()
    })

    afterEach(async () => {
      vi.restoreAllMocks()
      await server.stop()
      await opened.close()
    })

    /** Reads until `last` has come; `onText` may break things. */
    async function readUntil(
      last: string,
      onText: (text: string) => void | Promise<void> = () => undefined,
    ): Promise<string[]> {
      const texts: string[] = []
      const client = createClient({ url: server.url, uid: 'bob', fetch: opened.fetch })
      for await (const event of client.follow('lobby', options)) {
        if (event.type !== 'batch') continue
        for (const { text } of event.batch.messages) {
          texts.push(text)
          if (text === last) return texts
          await onText(text)
        }
      }
      return texts
    }

    test.each(FAULTS)('cut %s', async (_when, fault) => {
      for (const text of ['1', '2', '3', '4', '5', '6']) server.append(text)
      server.page = 1
      server.faults = [fault, undefined, fault, fault, undefined, fault]
      expect(await readUntil('6')).toEqual(['1', '2', '3', '4', '5', '6'])
      expect(server.faults).toEqual([])
    })

    test('cut while it waits, with messages sent meanwhile', async () => {
      server.append('1')
      const reading = readUntil('3')
      if (options.mode === 'long') {
        await server.untilParked()
        server.cutParked()
      }
      server.append('2')
      if (options.mode === 'long') await server.untilParked()
      server.append('3')
      expect(await reading).toEqual(['1', '2', '3'])
    })

    test('a restart on the same address', async () => {
      server.append('1')
      const texts = await readUntil('3', async (text) => {
        if (text !== '1') return
        const { port, messages, places } = server
        await server.stop()
        server = await LogServer.start(port)
        server.messages = messages
        for (const [uid, place] of places) server.places.set(uid, place)
        server.append('2')
        server.append('3')
      })
      expect(texts).toEqual(['1', '2', '3'])
    })
  })
})
