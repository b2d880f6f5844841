/** A web page of somebody else cannot speak through the browser of a visitor who has a server on the same machine. */
import { createServer, type Server } from 'node:http'
import { createClient } from '@poll-chat/client'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser, OpenPage } from './fixture/browser.ts'
import { CuttingProxy } from './fixture/cutting-proxy.ts'
import { seeded } from './fixture/random.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'

let browser: Browser
let server: ServerProcess
let network: CuttingProxy
let stranger: Server

beforeAll(async () => {
  browser = await launchBrowser()
}, 60_000)
beforeEach(async () => {
  server = await ServerProcess.start()
  network = await CuttingProxy.start(server.port, seeded(1), () => 'passes') // cuts nothing, but sees what was answered
  const { url } = network
  const messages = `${url}/v1/rooms/lobby/messages`
  const page = `<!doctype html>
    <img src="${url}/send/msg?text=image">
    <img src="${url}/send/message?text=image&uid=ada">
    <img src="${url}/get/message?uid=ada">
    <iframe name="frame-1"></iframe><iframe name="frame-2"></iframe>
    <form id="get" target="frame-1" action="${url}/send/msg"><input name="text" value="form"></form>
    <form id="post" target="frame-2" action="${messages}" method="post" enctype="text/plain"><input name="text" value="form"></form>
    <script>
      for (const form of document.forms) form.submit()
      fetch('${messages}', { method: 'POST', mode: 'no-cors', body: 'fetched' })
      fetch('${messages}', { method: 'POST', body: new Blob(['{"text":"fetched"}'], { type: 'text/plain' }) })
      fetch('${url}/send/msg?text=fetched', { mode: 'no-cors' })
      navigator.sendBeacon('${messages}', 'beacon')
    </script>
    <a href="${url}/send/msg?text=link">a picture of a cat</a>`
  stranger = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(page)
  })
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
}, 60_000)
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
  stranger.closeAllConnections()
  stranger.close()
  await network.close()
  await server.dispose()
})
afterAll(() => browser?.close())

/** What the page above asks of the server by itself. */
const REQUESTS = [
  ...['text=image', 'text=form', 'text=fetched'].map((query) => `GET /send/msg?${query}`),
  'GET /send/message?text=image&uid=ada',
  'GET /get/message?uid=ada',
  ...Array.from({ length: 4 }, () => 'POST /v1/rooms/lobby/messages'),
]

/** What it was answered. Browsers ask for an icon by themselves, or not. */
const answers = () => network.answers.filter((answer) => !answer.includes('/favicon.ico')).sort()

/** The first is another site, the second the same site with another port. */
test.each(['localhost', '127.0.0.1'])('a page on %s cannot send', { timeout: 60_000 }, async (host) => {
  const client = createClient({ url: server.url, uid: 'ada' })
  await client.send('her own', { room: 'lobby' })
  await client.inbox('lobby', { ack: '0' })

  const { page } = await OpenPage.open(browser, 'about:blank')
  const address = stranger.address()
  if (address === null || typeof address === 'string') throw new Error('The other server does not listen.')
  await page.goto(`http://${host}:${address.port}/`)
  const refused = (requests: string[]) => requests.map((request) => `403 ${request} HTTP/1.1`).sort()
  await expect.poll(answers, { timeout: 20_000 }).toEqual(refused(REQUESTS))
  await page.getByRole('link').click()
  await expect.poll(answers, { timeout: 20_000 }).toEqual(refused([...REQUESTS, 'GET /send/msg?text=link']))

  expect((await wholeLog(client, 'lobby')).map(({ text }) => text)).toEqual(['her own'])
  expect((await client.inbox('lobby')).messages).toHaveLength(1)
})
