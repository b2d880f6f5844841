/** nginx with nchan, one worker, everything in memory: the C server that is made for this. Debian: nginx, libnginx-mod-nchan. */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { descriptorLimit, family, whichProgram } from '../os.mjs'
import { freePort, makeFolder, removeFolder, startProcess } from './process.mjs'

function modulePath() {
  const { stderr = '' } = spawnSync(whichProgram('nginx'), ['-V'], { encoding: 'utf8' })
  const folder = /--modules-path=(\S+)/.exec(stderr)?.[1] ?? '/usr/lib/nginx/modules'
  return join(folder, 'ngx_nchan_module.so')
}

export function missingNchan() {
  if (!whichProgram('nginx')) return 'nginx is not installed'
  return existsSync(modulePath()) ? undefined : 'libnginx-mod-nchan is not installed'
}

/** @param dialect `nchan` answers with one message, `nchan-multi` with all that are waiting */
export async function startNchan(dialect) {
  const folder = makeFolder()
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, config(folder, port))
  const server = await startProcess(whichProgram('nginx'), ['-p', folder, '-c', file], { port })
  await sleep(300) // its worker starts after its port is open
  return {
    port,
    pids: family(server.pid),
    dialect,
    async stop() {
      await server.stop()
      removeFolder(folder)
    },
  }
}

function config(folder, port) {
  // Some more than there are descriptors: with less than a sixteenth of them free, nginx closes connections that have not asked yet.
  const connections = Math.min(50_000, Math.floor(descriptorLimit() * 1.1))
  const user = process.getuid() === 0 ? 'user root;' : ''
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join('\n')
  return `load_module ${modulePath()};
${user}
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log /dev/null crit;
events { worker_connections ${connections}; use epoll; multi_accept on; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 120s;
  keepalive_requests 1000000000;
${temporary}
  nchan_shared_memory_size 1024M;
  nchan_message_buffer_length 10000;
  nchan_message_timeout 1h;
  nchan_subscriber_timeout 60s;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /publish    { nchan_publisher; nchan_channel_id $arg_id; }
    location = /wait       { nchan_subscriber longpoll; nchan_channel_id $arg_id; nchan_subscriber_first_message newest; }
    location = /wait-multi { nchan_subscriber longpoll; nchan_channel_id $arg_id; nchan_subscriber_first_message newest; nchan_longpoll_multipart_response raw; }
    # Its nearest to a short poll: answers at once with the newest stored message.
    location = /poll       { nchan_subscriber longpoll; nchan_channel_id $arg_id; nchan_subscriber_first_message -1; }
  }
}
`
}
