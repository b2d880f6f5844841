/** docs/deploy.md, from its own files. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@poll-chat/client'
import { expect, test } from 'vitest'
import { run } from '../command.ts'
import { DocumentedCluster } from './fixture/documented-cluster.ts'
import { blockOnPage, unitOf } from './fixture/page-blocks.ts'

const PAGE = 'docs/deploy.md'

test('three machines are one chat; without most of NATS they say so, and go on by themselves', async () => {
  const cluster = await DocumentedCluster.start()
  try {
    const [one, two, three] = cluster.machines
    if (!one || !two || !three) throw new Error('There are three machines.')
    for (const { address } of cluster.machines)
      expect(cluster.upstream).toContain(`server ${address}:${new URL(one.url).port} `)
    expect((await fetch(`${one.url}/v1/rooms`)).status).toBe(401)

    const clients = cluster.machines.map(({ url }) => createClient({ url, key: cluster.key, uid: 'ada' }))
    for (const [place, client] of clients.entries()) await client.send(`from ${place + 1}`, { room: 'lobby' })
    const texts = async (url: string) => {
      const answer = await cluster.ask(url, '/v1/rooms/lobby/messages?after=0')
      const { messages }: { messages: { text: string }[] } = await answer.json()
      return messages.map(({ text }) => text)
    }
    for (const { url } of cluster.machines) expect(await texts(url)).toEqual(['from 1', 'from 2', 'from 3'])
    const banned = await run(['admin', 'ban', 'mallory', '--server', one.url], {
      env: { POLL_CHAT_ADMIN_KEY: cluster.adminKey },
    })
    expect(banned.code).toBe(0)

    await three.server.end()
    await Promise.all([two, three].map(({ nats }) => nats.end()))
    const refused = await cluster.ask(one.url, '/v1/rooms/lobby/messages', { method: 'POST', body: 'lost?' })
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true])
    const ready = await cluster.ask(one.url, '/readyz')
    expect([ready.status, Number(ready.headers.get('retry-after')) > 0]).toEqual([503, true])
    expect(await texts(one.url)).toEqual(['from 1', 'from 2', 'from 3'])
    for (const { nats } of [two, three]) nats.start()
    three.server.start()
    await cluster.untilReady()
    await clients[2]?.send('again', { room: 'lobby' })
    // What is sent at one machine is read at another within the two seconds of the sweep at the latest.
    const kept = async () => (await texts(one.url)).filter((text) => text !== 'lost?')
    await expect.poll(kept, { timeout: 20_000 }).toEqual(['from 1', 'from 2', 'from 3', 'again'])

    expect(await Promise.all(cluster.machines.map(({ server }) => server.end('SIGTERM')))).toEqual([0, 0, 0])
  } finally {
    await cluster.dispose()
  }
}, 300_000)

test.each([1, 2])('unit %i of the page is one that systemd takes', (place) => {
  const block = blockOnPage(PAGE, 'ini', place)
  const unit = unitOf(block)
  expect(unit.get('ExecStart')).toMatch(/^\/usr\/bin\/poll-chat serve /)
  expect(unit.get('WantedBy')).toBe('multi-user.target')
  const analyse = '/usr/bin/systemd-analyze'
  if (!existsSync(analyse)) return // then its lines have been read, as above
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-unit-'))
  try {
    const file = join(folder, 'poll-chat.service')
    writeFileSync(file, block.replace('/usr/bin/poll-chat', process.execPath))
    const { status, stderr } = spawnSync(analyse, ['verify', '--man=no', file], { encoding: 'utf8' })
    expect(stderr.split('\n').filter((line) => line.includes('poll-chat.service'))).toEqual([])
    expect(status).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
