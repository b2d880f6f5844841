import type { Check } from '../../doctor/finding.ts'
import { reason } from './from-others.ts'

/** `doctor` 所说的话。 */
export const doctor = {
  summary: '说明从这里到服务器之间有什么',
  help: `
它用半分钟查看:能否到达服务器、用的是哪种 TLS、有多远、哪些跟随方式能通过、一个请求可以挂起多久、途中是否会积压流、
空闲的连接能活多久,以及时钟是否一致。它不发送消息。退出码 0:可以聊天。

例子:
  poll-chat doctor
  poll-chat doctor https://chat.example
  poll-chat doctor chat.example:8787 --seconds 60    让请求挂起更久
  poll-chat doctor --json | jq .works`,
  seconds: '一项检查最长多久,5 到 60 秒;少于 26 秒无法判断流(默认:30)',
  width: 0, // the names have it
  checks: {
    address: '地址        ',
    tls: '加密        ',
    server: '服务器      ',
    latency: '延迟        ',
    proxies: '途中        ',
    poll: '轮询        ',
    hanging: '长轮询      ',
    sse: '事件流      ',
    ws: 'WebSocket   ',
    'keep-alive': '保持连接    ',
    clock: '时钟        ',
  } satisfies Record<Check, string>,
  whatToDo: '怎么办:',
  allIsWell: '一切正常。',
  cannotChat: (url: string) => `从这里不能在 ${url} 聊天`,
  reached: (address: string) => `${address} 有应答`,
  unreachable: (code: string) => ({
    said: `无法连接(${code})`,
    advice:
      code === 'ENOTFOUND'
        ? '没有这个主机名;请检查地址'
        : code === 'ECONNREFUSED'
          ? '那里没有程序在监听;启动服务器:poll-chat serve'
          : /CERT|SIGNATURE/.test(code)
            ? '证书不可信;在 NODE_EXTRA_CA_CERTS 里指明它的颁发者,或换一个人人信任的证书'
            : '中间可能有防火墙;换一个网络,或走 SSH:ssh -L 8787:127.0.0.1:8787 host',
  }),
  tls: (protocol: string, authority: string, days: number) => `${protocol},证书由 ${authority} 颁发,还有 ${days} 天`,
  renew: '请更新证书;poll-chat serve 收到 SIGHUP 时换上新的',
  plain: {
    said: '无:途中的每个人都能看到内容',
    advice: '在前面加上 TLS,或给服务器一个证书:poll-chat serve --tls-cert … --tls-key …',
  },
  localPlain: { said: '无;在本机上也不需要' },
  isServer: (version: string) => `poll-chat ${version}`,
  keyNeeded: { said: '它需要密钥,但没有密钥或密钥不对', advice: '把密钥放在 POLL_CHAT_KEY 或 --key-file 里' },
  isNoServer: (status: number) => ({
    said: `它应答 ${status},不像 poll-chat 服务器`,
    advice: '请检查地址和路径;应答的可能是代理或登录页面',
  }),
  noProxy: '没有代理表明自己在途中',
  clock: (seconds: number) =>
    seconds === 0 ? '与这里一致' : `比本机${seconds > 0 ? '快' : '慢'} ${Math.abs(seconds)} 秒`,
  setClock: '消息旁的时间是服务器的;请校准不对的时钟。顺序和送达与它无关',
  pollPasses: '能通过',
  pollFails: (why: string) => ({
    said: `不能通过(${reason(why)})`,
    advice: '对 /v1/rooms/… 的普通 GET 请求必须能通过;请检查代理放行了什么',
  }),
  latency: (ms: number) => `往返 ${ms} 毫秒`,
  hangs: (seconds: number) => `请求可以挂起 ${seconds} 秒以上`,
  hangsCut: (longest: number, asked: number, cut: number) =>
    longest === 0
      ? `请求不能挂起:要挂 ${asked} 秒的请求在 ${cut} 秒后被切断`
      : `请求可以挂起 ${longest} 秒;要挂 ${asked} 秒的请求在 ${cut} 秒后被切断`,
  hangLonger:
    '--mode auto 会自己少要一些。想减少请求,请把途中的超时提高到 60 秒(nginx:proxy_read_timeout;HAProxy:timeout server)',
  streamPasses: { sse: '能通过,没有积压', ws: '能通过' },
  streamFails: {
    sse: reason,
    ws: reason,
  },
  streamAdvice: {
    sse: '不是必需的:长轮询就够了。有代理积压或切断应答;请让它直接传递流(nginx:proxy_buffering off)',
    ws: '不是必需的:长轮询就够了。请让代理放行升级(nginx:proxy_http_version 1.1 以及 Upgrade 和 Connection 头)',
  },
  keptAlive: (seconds: number) => `空闲的连接能活 ${seconds} 秒以上`,
  notKeptAlive: '每个请求都要新建一个连接',
  keepAlive: '轮询的代价比必要的高;请让代理把空闲连接保持一分钟',
}
