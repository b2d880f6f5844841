import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { run, startServer, temporaryFolder } from './command.ts'

/** A proxy that knows one name, and what it was asked for. */
async function startProxy(port: string) {
  const asked: string[] = []
  const proxy = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    const { pathname } = new URL(incoming.url ?? '')
    const headers = { ...incoming.headers, host: 'localhost' }
    const onward = request({ host: '127.0.0.1', port, path: pathname, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void proxy.close())
  await once(proxy, 'listening')
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return { url: `http://127.0.0.1:${address.port}`, asked }
}

it('goes through the proxy of the environment, as every other command does', async () => {
  const data = temporaryFolder()
  const { url } = await startServer(['--data', data])
  const proxy = await startProxy(new URL(url).port)
  const file = join(temporaryFolder(), 'copy.db')
  const backup = (env: Record<string, string>) =>
    run(['backup', file, '--force', '--server', 'http://chat.example', '--data', data], { env })
  const { code, stderr } = await backup({ http_proxy: proxy.url })
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('0 messages') })
  expect(proxy.asked.some((line) => line.startsWith('POST http://chat.example'))).toBe(true)
  expect(readdirSync(join(file, '..'))).toEqual(['copy.db'])
  expect((await backup({ http_proxy: proxy.url, no_proxy: 'chat.example' })).code).toBe(3)
})
