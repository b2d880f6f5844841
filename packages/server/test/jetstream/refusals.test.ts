/** Why a server does not start on a NATS cluster: one sentence that says what to do. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { NatsFiles } from '../../src/engines/jetstream/address.ts'
import { openEngine } from '../../src/engines/open.ts'
import { StartError } from '../../src/log/start-error.ts'
import { draft } from '../drafts.ts'
import { forTest } from '../engines.ts'
import { freePort, startNats } from '../nats-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { makeCertificate } from '../tls/certificates.ts'
import { credentials } from './credentials.ts'
import { fakeNats } from './fake-nats.ts'

const STORE = 'jetstream { store_dir: STORE }'

async function nats(configuration: string) {
  const server = await startNats(configuration)
  onTestFinished(() => server.stop())
  return server
}

async function sentence(url: string, files?: NatsFiles): Promise<string> {
  const error: unknown = await openEngine(url, { nats: files }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(StartError)
  const { message } = error instanceof Error ? error : { message: '' }
  expect(message).toMatch(/^[A-Z][^\n]+\.$/)
  return message
}

async function works(url: string, files?: NatsFiles): Promise<void> {
  const { log } = await forTest(await openEngine(`${url}?shards=1`, { nats: files }))
  expect(await log.append(draft('lobby', 'x'))).toMatchObject({ repeated: false })
}

function file(name: string, text: string): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, text)
  return path
}

it('nobody is there', async () => {
  const where = `127.0.0.1:${await freePort()}`
  expect(await sentence(`nats://${where}`)).toBe(`No NATS server can be reached at ${where}: connection refused.`)
})

it.each([
  ['2.8.4', 'NATS server 2.8.4 is too old; poll-chat needs 2.9 or newer.'],
  ['1.4.1', 'NATS server 1.4.1 is too old; poll-chat needs 2.9 or newer.'],
  ['2.10.20', 'NATS server 2.10.20 can lose whole streams when it is killed; install 2.10.23 or newer.'],
  ['2.10.21', 'NATS server 2.10.21 can lose whole streams when it is killed; install 2.10.23 or newer.'],
  ['2.10.22-RC.1', 'NATS server 2.10.22-RC.1 can lose whole streams when it is killed; install 2.10.23 or newer.'],
])('it is version %s', async (version, expected) => {
  expect(await sentence((await fakeNats(version)).url)).toBe(expected)
})

it.each(['2.9.0', '2.10.19', '2.10.23', '2.14.1', '3.0.0'])('version %s is none of the reasons', async (version) => {
  expect(await sentence((await fakeNats(version)).url)).toMatch(/has no JetStream/)
})

it('it has no JetStream', async () => {
  const { url } = await nats('')
  expect(await sentence(url)).toContain('has no JetStream; switch it on in nats-server')
})

it('the password, or the user, is not the one', async () => {
  const { port } = await nats(`${STORE}\nauthorization { user: chat, password: "a long secret" }`)
  for (const userinfo of ['', 'chat:wrong@', 'nobody:x@']) {
    const said = await sentence(`nats://${userinfo}127.0.0.1:${port}`)
    expect(said).toContain('does not accept these credentials')
    expect(said).not.toContain('wrong')
  }
  await works(`nats://chat:a%20long%20secret@127.0.0.1:${port}`)
})

it('the file of credentials is not there, holds none, or those of another; with its own it works', async () => {
  const { configuration, creds } = credentials()
  const { url } = await nats(configuration)
  expect(await sentence(url, { creds: '/nothing' })).toContain('The file of --nats-creds cannot be read')
  expect(await sentence(url, { creds: file('odd.creds', 'odd') })).toContain('holds no credentials of a user')
  const other = file('other.creds', credentials().creds)
  for (const files of [undefined, { creds: other }])
    expect(await sentence(url, files)).toContain('does not accept these credentials')
  await works(url, { creds: file('user.creds', creds) })
})

it('TLS is spoken on one side only, or its certificate is not trusted; with its own it works', async () => {
  const folder = temporaryFolder()
  const { files, pem } = makeCertificate(folder, 'nats')
  const secure = await nats(`${STORE}\ntls { cert_file: "${files.cert}", key_file: "${files.key}" }`)
  const plain = await nats(STORE)
  const at = ({ port }: { port: number }) => `tls://127.0.0.1:${port}`
  expect(await sentence(at(plain))).toContain('does not speak TLS')
  expect(await sentence(at(secure))).toMatch(/shows a certificate that is not trusted: .*--nats-ca/)
  const other = makeCertificate(folder, 'other')
  expect(await sentence(at(secure), { ca: other.files.cert })).toContain('not trusted')
  expect(await sentence(at(secure), { ca: '/nothing' })).toContain('The file of --nats-ca cannot be read')
  await works(at(secure), { ca: file('ca.pem', pem) })
})

it('more replicas are wanted than there are servers, or the account may not do what is needed', async () => {
  const { url } = await nats(STORE)
  expect(await sentence(`${url}?replicas=3`)).toContain('replicas > 1 not supported')
  const { port } = await nats(`${STORE}
    authorization { users: [{ user: chat, password: x, permissions: { publish: "nothing" } }] }`)
  expect(await sentence(`nats://chat:x@127.0.0.1:${port}`)).toContain('does not allow this account to publish')
})
