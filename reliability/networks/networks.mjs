/**
 * What lies between people and servers, each as a real program or a pipe of bytes on loopback. `open` gets the server's
 * port; its `url` is the address as seen from the other side.
 */

import { openHttpProxy } from './http-proxy.mjs'
import { openPipe, passBoth, passLate } from './pipe.mjs'
import { openProgram } from './program.mjs'

export const NETWORKS = {
  direct: {
    what: 'nothing in between',
    open: async (port) => ({ url: `http://127.0.0.1:${port}`, close: async () => undefined }),
  },
  nginx: {
    what: 'nginx with its default proxy settings: HTTP/1.0 to the server, answers buffered, no upgrades, 60 s',
    open: (port) => openProgram('nginx', nginx(`proxy_pass http://127.0.0.1:${port};`)),
  },
  haproxy: {
    what: 'HAProxy, mode http, 30 s of silence at most',
    open: (port) =>
      openProgram('haproxy', {
        configure: ({ port: own }) => `
          defaults
            mode http
            timeout connect 5s
            timeout client 30s
            timeout server 30s
          frontend in
            bind 127.0.0.1:${own}
            default_backend chat
          backend chat
            server one 127.0.0.1:${port}
        `,
        args: ({ file }) => ['-db', '-f', file],
      }),
  },
  squid: {
    what: 'Squid as an accelerator',
    open: (port) =>
      openProgram('squid', {
        configure: ({ port: own, folder }) => `
          http_port 127.0.0.1:${own} accel defaultsite=127.0.0.1 no-vhost
          cache_peer 127.0.0.1 parent ${port} 0 no-query originserver name=chat
          http_access allow all
          cache deny all
          pid_filename ${folder}/squid.pid
          access_log none
          cache_log ${folder}/cache.log
          coredump_dir ${folder}
          shutdown_lifetime 0 seconds
          pinger_enable off
        `,
        args: ({ file, folder }) => ['-N', '-n', folder.replaceAll(/[^A-Za-z0-9]/g, ''), '-f', file],
      }),
  },
  caddy: {
    what: 'Caddy, reverse_proxy as it is',
    open: (port) =>
      openProgram('caddy', {
        configure: ({ port: own }) => `
{
	admin off
	auto_https off
}
http://127.0.0.1:${own} {
	reverse_proxy 127.0.0.1:${port}
}
`,
        args: ({ file }) => ['run', '--adapter', 'caddyfile', '--config', file],
      }),
  },
  'http-1.0': {
    what: 'a proxy that speaks HTTP/1.0: no chunks, a connection for each request',
    open: (port) =>
      openHttpProxy(port, (response, outgoing) => {
        const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...headers } = response.headers
        outgoing.useChunkedEncodingByDefault = false
        outgoing.shouldKeepAlive = false
        outgoing.writeHead(response.statusCode, { ...headers, connection: 'close' })
        response.pipe(outgoing)
      }),
  },
  buffering: {
    what: 'a proxy that passes an answer on when it has the whole of it',
    open: (port) =>
      openHttpProxy(port, async (response, outgoing) => {
        const chunks = []
        response.on('error', () => outgoing.destroy())
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => {
          const { 'transfer-encoding': _, ...headers } = response.headers
          const body = Buffer.concat(chunks)
          outgoing.writeHead(response.statusCode, { ...headers, 'content-length': body.length })
          outgoing.end(body)
        })
      }),
  },
  'cut-30': { what: 'a proxy that cuts a request after 30 s', open: (port) => openCutting(port, 30_000) },
  'cut-5': { what: 'a proxy that cuts a request after 5 s', open: (port) => openCutting(port, 5_000) },
  dropping: {
    what: 'every tenth connection is cut in the middle of an answer',
    open(port) {
      let count = 0
      return openPipe(port, (near, far) => {
        near.pipe(far)
        if (++count % 10 !== 0) return far.pipe(near)
        far.once('data', (chunk) => near.write(chunk.subarray(0, chunk.length >> 1), () => near.resetAndDestroy()))
      })
    },
  },
  nat: {
    what: 'a NAT that forgets a connection after 6 s of silence: nothing arrives any more, in either direction',
    open: (port) =>
      openPipe(port, (near, far) => {
        let isForgotten = false
        let timer
        const live = () => {
          clearTimeout(timer)
          timer = setTimeout(() => {
            isForgotten = true
          }, 6_000)
        }
        live()
        for (const [from, to] of [
          [near, far],
          [far, near],
        ]) {
          from.on('data', (chunk) => {
            if (isForgotten) return
            live()
            to.write(chunk)
          })
          from.on('end', () => isForgotten || to.end())
          from.on('close', () => clearTimeout(timer))
        }
      }),
  },
  slow: {
    what: '300 ms there and back, and 5 % of all packets come a second later',
    open: (port) =>
      openPipe(port, (near, far) => {
        const delay = () => 150 + (Math.random() < 0.05 ? 1_000 : 0)
        passLate(near, far, delay)
        passLate(far, near, delay)
      }),
  },
}

function nginx(location, server = '') {
  return {
    configure: ({ port, folder }) => `
      daemon off;
      pid ${folder}/nginx.pid;
      error_log stderr error;
      events {}
      http {
        access_log off;
        client_body_temp_path ${folder}/body;
        proxy_temp_path ${folder}/proxy;
        fastcgi_temp_path ${folder}/fastcgi;
        uwsgi_temp_path ${folder}/uwsgi;
        scgi_temp_path ${folder}/scgi;
        server {
          listen 127.0.0.1:${port};
          ${server}
          location / { ${location} }
        }
      }
    `,
    args: ({ file, folder }) => ['-p', folder, '-c', file],
  }
}

/** From the first byte of a request on, whatever comes back meanwhile, as load balancers in front of functions do. */
function openCutting(port, afterMs) {
  return openPipe(port, (near, far) => {
    let timer
    near.on('data', () => {
      clearTimeout(timer)
      timer = setTimeout(() => near.destroy(), afterMs)
    })
    near.on('close', () => clearTimeout(timer))
    passBoth(near, far)
  })
}
