import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../packages/cli/test/e2e/fixture/free-port.ts'

/** nginx on loopback before several servers, as docs/deploying.md has it. */
export async function startNginx(ports) {
  if (spawnSync('nginx', ['-v']).error) throw new Error('This needs nginx: sudo apt-get install nginx-light')
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-nginx-'))
  const file = join(folder, 'nginx.conf')
  const upstream = ports.map((one) => `server 127.0.0.1:${one} max_fails=1 fail_timeout=1s;`).join('\n    ')
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  upstream chat {
    ${upstream}
    keepalive 64;
  }
  map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://chat;
      proxy_http_version 1.1;
      proxy_set_header Host 127.0.0.1;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_connect_timeout 1s;
    }
  }
}
`,
  )
  const nginx = spawn('nginx', ['-p', folder, '-c', file], { stdio: 'ignore' })
  const killed = () => nginx.kill('SIGKILL')
  process.once('exit', killed)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    async stop() {
      process.off('exit', killed)
      const ended = new Promise((resolve) => nginx.once('exit', resolve))
      nginx.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
