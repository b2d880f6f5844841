import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BIN } from '../../packages/cli/test/command.ts'
import { freePort } from '../../packages/cli/test/e2e/fixture/free-port.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { openProgram } from '../networks/program.mjs'

export const title = 'the configurations of docs/deploy.md pass everything, with and without TLS'
export const page = 'reach.md'

const PAGE = new URL('../../docs/deploy.md', import.meta.url)

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
  } finally {
    certificate.remove()
  }
}

async function proveProgram(figures, name, certificate) {
  const { configure, args } = PROGRAMS[name]
  const block = blockOf(name)
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

/** The one block of a language on the page. */
function blockOf(language) {
  const [, block, more] = readFileSync(PAGE, 'utf8').split(new RegExp(`^\`\`\`${language}\\n`, 'm'))
  if (block === undefined || more !== undefined) throw new Error(`docs/deploy.md has not one block of ${language}.`)
  return block.slice(0, block.indexOf('```'))
}

async function askDoctor(url, { certificate }) {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, POLL_CHAT_KEY: 'secret' }
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
