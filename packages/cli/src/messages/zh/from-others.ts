/** What servers, the network and the command-line library say in English, in Chinese; what is not known stays as it is. */
import { MAX_TEXT_BYTES } from '@poll-chat/protocol'

/** By the `code` of a problem; PROTOCOL.md has them all. */
const PROBLEMS: Partial<Record<string, (detail: string) => string>> = {
  'bad-request': (detail) => `请求无效:${detail}`,
  'bad-cursor': () => '这不是一个游标。',
  'blank-text': () => '内容为空,或只有空白。',
  'key-required': () => '这个服务器需要密钥;没有给出密钥,或密钥不对。',
  'cross-site': () => '不允许其他网站这样做。',
  'admin-only': () => '只有管理员可以这样做。',
  banned: () => '这个 uid 已被禁止。',
  'uid-taken': () => '这个 uid 已由他人认领。',
  'host-not-allowed': () => '服务器不接受这个主机名。',
  'not-found': () => '这里什么也没有。',
  'method-not-allowed': () => '这里不接受这种方法。',
  timeout: () => '请求来得太慢。',
  'cursor-reset': () => '日志不能从这个游标继续。',
  'body-too-large': () => '请求太大。',
  'text-too-long': () => `内容太长;一条消息最多 ${MAX_TEXT_BYTES} 字节。`,
  'url-too-long': () => '网址太长。',
  'id-reused': () => '房间里已有一条 id 相同而内容不同的消息;没有保存任何内容。',
  'upgrade-required': () => '这里只接受 WebSocket。',
  'too-many-requests': (detail) => `请求太多,请稍后再试:${detail}`,
  'head-too-large': () => '请求头太大或太多。',
  internal: () => '服务器内部出错。',
  'not-supported': () => '这个服务器做不到。',
  'log-unavailable': () => '日志无法读写;没有保存任何内容。',
  draining: () => '服务器正在关闭。',
}

export function problem(code: string, detail: string): string {
  return PROBLEMS[code]?.(detail) ?? detail
}

const REASONS: [RegExp, string][] = [
  [/^connection refused$/, '连接被拒绝'],
  [/^there is no host of this name$/, '没有这个主机名'],
  [/^the host name cannot be looked up now$/, '暂时无法查询主机名'],
  [/^there is no way to this host$/, '无法到达这个主机'],
  [/^there is no network$/, '没有网络'],
  [/^the host does not answer$/, '主机没有应答'],
  [/^the connection failed( \(.*\))?$/, '连接失败$1'],
  [/^the connection was cut$/, '连接中断'],
  [/^this is not an HTTP server$/, '这不是 HTTP 服务器'],
  [/^the server's certificate is not trusted \((.*)\)$/, '服务器的证书不可信($1)'],
  [/^a secure connection is not possible \((.*)\)$/, '无法建立安全连接($1)'],
  [/^no answer$/, '没有应答'],
  [/^no answer within (.*) s$/, '$1 秒内没有应答'],
  [/^this is not a poll-chat server \(answered (.*)\)$/, '这不是 poll-chat 服务器(应答为 $1)'],
  [/^the answer was cut short$/, '应答不完整'],
  [/^the (answer|stream) is not one of a poll-chat server$/, '应答不是来自 poll-chat 服务器'],
  [/^requests pass, but no WebSocket$/, '请求可以通过,WebSocket 不行'],
  [/^the server answered (\d+)/, '服务器应答 $1'],
]

/** Why there is no usable answer, as the client says it. */
export function reason(english: string): string {
  for (const [pattern, chinese] of REASONS) if (pattern.test(english)) return english.replace(pattern, chinese)
  return english
}

const FAULTS: [RegExp, string][] = [
  [/unknown command '(.*?)'/, '没有命令 "$1"'],
  [/unknown option '(.*?)'/, '没有选项 "$1"'],
  [/option '(.*?)' argument missing/, '选项 "$1" 缺少参数'],
  [/missing required argument '(.*?)'/, '缺少参数 "$1"'],
  [/too many arguments(?: for '(.*?)')?\. Expected (\d+) arguments? but got (\d+)/, '参数太多:最多 $2 个,却有 $3 个'],
  [/\(did you mean (?:one of )?(.*)\?\)/, '(是不是 $1?)'],
]

/** What is wrong with a command line, as the library says it. */
export function fault(english: string): string {
  return FAULTS.reduce((sentence, [pattern, chinese]) => sentence.replace(pattern, chinese), english)
}
