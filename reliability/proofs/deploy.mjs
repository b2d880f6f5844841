import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@poll-chat/client'
import { BIN } from '../../packages/cli/test/command.ts'
import { DocumentedCluster } from '../../packages/cli/test/e2e/fixture/documented-cluster.ts'
import { freePort } from '../../packages/cli/test/e2e/fixture/free-port.ts'
import { blockOnPage } from '../../packages/cli/test/e2e/fixture/page-blocks.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { openProgram } from '../networks/program.mjs'

export const title = 'the configurations of docs/deploy.md pass everything, with and without TLS'
export const page = 'reach.md'

/** How each program is started with a file of the page; what is replaced is addresses and certificates alone. */
const PROGRAMS = {
  nginx: {
    configure: (block, { http, https, server, certificate, folder }) =>
      `daemon off; pid ${folder}/nginx.pid; error_log stderr error; events {}
      http { access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
        ${block
          .replace('listen 80', `listen 127.0.0.1:${http}`)
          .replace('listen 443', `listen 127.0.0.1:${https}`)
          .replace('127.0.0.1:8787', `127.0.0.1:${server}`)
          .replace(/\/etc\/ssl\/\S+fullchain.pem/, certificate.certificate)
          .replace(/\/etc\/ssl\/\S+privkey.pem/, certificate.key)}
      }`,
    args: ({ file, folder }) => ['-p', folder, '-c', file],
  },
  caddy: {
    configure: (block, { http, https, server, certificate }) => {
      const site = (address, more) =>
        block
          .replace('chat.example {', `${address} {\n\tbind 127.0.0.1\n\t${more}`)
          .replace('127.0.0.1:8787', `127.0.0.1:${server}`)
      return `{
	admin off
	auto_https off
}
${site(`http://localhost:${http}`, '')}
${site(`https://localhost:${https}`, `tls ${certificate.certificate} ${certificate.key}`)}`
    },
    args: ({ file }) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
  haproxy: {
    configure: (block, { http, https, server, certificate }) =>
      block
        .replace('bind :80', `bind 127.0.0.1:${http}`)
        .replace(/bind :443 ssl crt \S+/, `bind 127.0.0.1:${https} ssl crt ${certificate.both}`)
        .replace('127.0.0.1:8787', `127.0.0.1:${server}`),
    args: ({ file }) => ['-db', '-f', file],
  },
}

export async function prove(figures) {
  const certificate = makeCertificate()
  try {
    await Promise.all(Object.keys(PROGRAMS).map((name) => proveProgram(figures, name, certificate)))
    await proveCluster(figures, certificate)
  } finally {
    certificate.remove()
  }
}

async function proveProgram(figures, name, certificate) {
  const { configure, args } = PROGRAMS[name]
  const block = blockOnPage('docs/deploy.md', name)
  const server = await ServerProcess.start({ env: { POLL_CHAT_KEY: 'secret' }, args: ['--trust-proxy', '127.0.0.1'] })
  const https = await freePort()
  const program = await openProgram(name, {
    configure: ({ port: http, folder }) => configure(block, { http, https, server: server.port, certificate, folder }),
    args,
  })
  try {
    const { port } = new URL(program.url)
    const reports = await Promise.all([
      askDoctor(`http://localhost:${port}`, certificate),
      askDoctor(`https://localhost:${https}`, certificate),
    ])
    for (const [i, how] of ['http', 'https'].entries()) {
      const { works, findings } = reports[i]
      const value = (check) => findings.find((finding) => finding.check === check)?.value
      figures.exactly(`${name}, ${how}: one can chat`, works, true)
      figures.exactly(`${name}, ${how}: longest hanging request of 25 s tried, in seconds`, value('hanging'), 25)
      figures.exactly(`${name}, ${how}: event stream passes`, value('sse'), true)
      figures.exactly(`${name}, ${how}: WebSocket passes`, value('ws'), true)
    }
  } finally {
    await program.close()
    await server.dispose()
  }
}

/** Three machines behind nginx, one of which is killed while somebody sends. */
async function proveCluster(figures, certificate) {
  const cluster = await DocumentedCluster.start()
  const block = blockOnPage('docs/deploy.md', 'nginx').replace(/upstream poll_chat {[^}]*}/, cluster.upstream)
  const https = await freePort()
  const nginx = await openProgram('nginx', {
    configure: ({ port: http, folder }) => PROGRAMS.nginx.configure(block, { http, https, certificate, folder }),
    args: PROGRAMS.nginx.args,
  })
  try {
    const url = `http://localhost:${new URL(nginx.url).port}`
    const { works, findings } = await askDoctor(url, certificate, cluster.key)
    const passes = ['sse', 'ws'].map((check) => findings.find((finding) => finding.check === check)?.value)
    figures.exactly(
      'three machines behind nginx: one can chat, event stream and WebSocket pass',
      [works, ...passes].join(),
      'true,true,true',
    )
    const client = createClient({ url, key: cluster.key })
    for (let i = 0; i < 200; i++) {
      if (i === 50) await cluster.machines[0].server.end()
      await client.send(`${i}`, { room: 'lobby' })
    }
    const texts = (await wholeLog(client, 'lobby')).map(({ text }) => text)
    const expected = Array.from({ length: 200 }, (_, i) => `${i}`)
    figures.exactly(
      'three machines behind nginx: of 200 messages in the log, in order, while one is killed',
      `${texts}` === `${expected}`,
      true,
    )
  } finally {
    await nginx.close()
    await cluster.dispose()
  }
}

async function askDoctor(url, { certificate }, key = 'secret') {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, POLL_CHAT_KEY: key }
  const doctor = spawn(process.execPath, [BIN, 'doctor', url, '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  doctor.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(doctor, 'close')
  return JSON.parse(output)
}

/** One that this proof alone trusts. */
function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-certificate-'))
  const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) => join(folder, name))
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const how = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...how, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'))
  execFileSync('chmod', ['-R', 'a+rX', folder])
  return { key, certificate, both, remove: () => rmSync(folder, { recursive: true }) }
}
