/** 除帮助以外对人说的话。 */
import { MAX_ID_CHARACTERS, MAX_NAME_CHARACTERS, MAX_TEXT_BYTES } from '@poll-chat/protocol'
import { fault, problem, reason } from './from-others.ts'
import { startFault } from './start-faults.ts'

const nameRule = `名字由 1-${MAX_NAME_CHARACTERS} 个字母(任何文字)、数字、"-"、"_" 或 "." 组成`

export const sentences = {
  fault,
  problem,
  reason,
  startFault,
  notIndexedYet: (count: number) => `最新的消息中最多有 ${count} 条尚未编入索引;请稍后再搜`,
  resetReason: (word: string) =>
    ({ ahead: '日志没有那么长', diverged: '那里是另一条消息', trimmed: '那个位置不再保留' })[word] ?? word,

  usage: {
    seeHelp: (fault: string) => `${fault};请看 poll-chat --help`,
    noSuchCommand: '没有这个命令',
    serverTwice: '服务器给了两次;请去掉 --server',
    notAServer: (given: string) => `"${given}" 不是服务器地址;地址如 http://127.0.0.1:8787 或 host:8787`,
    credentialsInAddress: '地址里不能有用户名或密码;密钥请放在 POLL_CHAT_KEY 或 --key-file 里',
    keyIsEmpty: (where: string) => `${where}是空的`,
    keyIsNoWord: (where: string) => `${where}必须是一个 ASCII 单词`,
    notARoomKey: (where: string) =>
      `${where} 里没有房间密钥;房间密钥是 8-512 个可见的 ASCII 字符,不含逗号;poll-chat room-key 会生成一个`,
    keyFile: (path: string) => `密钥文件 ${path} `,
    notARoom: (given: string) => `"${given}" 不能作房间名;${nameRule}`,
    notAUid: (given: string) => `"${given}" 不能作 uid;${nameRule}`,
    noLoginName: '这个账户没有登录名;请用 --uid 说明你是谁',
    loginIsNoUid: (login: string) => `你的登录名 "${login}" 不能作 uid;请用 --uid 说明你是谁`,
    notAnId: (given: string) => `"${given}" 不能作 id;id 由 1-${MAX_ID_CHARACTERS} 个 A-Z a-z 0-9 . _ : ~ - 组成`,
    notWhole: (name: string, min: number, max: number, given: string) =>
      `${name} 要 ${min} 到 ${max} 的整数,而不是 "${given}"`,
    notSeconds: (name: string, given: string) => `${name} 要大于 0 的秒数,而不是 "${given}"`,
    notOneOf: (name: string, values: string, given: string) => `${name} 只能是 ${values} 之一,而不是 "${given}"`,
    oneView: '--inline、--plain 和 --screen-reader 只能选一个',
    engineAndData: '消息只放在一处;--data 和 --engine 只能给一个',
    halfTls: 'TLS 需要证书和它的私钥;请同时给出 --tls-cert 和 --tls-key',
    noSuchLimit: (given: string, names: string) => `--limits 不认识 "${given}";可用 off、on,或 ${names} 中的一些`,
    notRetention: (given: string) =>
      `--retain 要 1s 到 10 年的时间、消息数,或两者,如 90d,100000,或 all,而不是 "${given}"`,
    notALimit: (given: string) => `--limits 的写法是 NAME=VALUE,如 sends-per-uid=300/10s,而不是 "${given}"`,
    notARate: (name: string, given: string) =>
      `--limits:${name} 要一个次数和不超过一天的时间,如 300/10s 或 100/h,或 off,而不是 "${given}"`,
    notACount: (name: string, given: string) => `--limits:${name} 要大于 0 的整数,或 off,而不是 "${given}"`,
    notANetwork: (given: string) => `--trust-proxy 要地址和网段,如 127.0.0.1,10.0.0.0/8,而不是 "${given}"`,
    noDataFolder: '--data 要一个文件夹,或 :memory:',
    noHome: '这个账户没有主文件夹;请用 --data 说明消息放在哪里',
  },

  files: {
    cannotBeRead: (what: string, why: string) => `无法读取 ${what.trim()}:${why}`,
    doesNotExist: '它不存在',
    noPermission: '没有权限',
    isFolder: '它是一个文件夹',
  },

  identity: {
    noHome: '这个账户没有主文件夹来保存身份;请把密文放在 POLL_CHAT_CLAIM 里',
    damaged: (path: string) => `${path} 里不再是身份;删除该文件后用 poll-chat uid import 恢复`,
    none: (uid: string, url: string) => `没有 ${uid} 在 ${url} 的身份;poll-chat uid list 列出已有的`,
    notOne: '这不是一个身份;poll-chat uid export 会输出一个',
    notAClaim: 'POLL_CHAT_CLAIM 要有 43 个 base64url 字符,或 none',
    another: (uid: string, url: string) => `已有 ${uid} 在 ${url} 的另一个身份,保留不变;见 poll-chat uid forget`,
    notKept: (uid: string, why: string) => `这台机器不能保存身份(${why}):你以 ${uid} 说的话未经验证,别人也可以这样说。`,
  },

  settings: {
    key: '密钥',
    notJson: (path: string, why: string) => `${path} 不是 JSON:${why}`,
    notAnObject: (path: string, key: string | undefined) =>
      `${path}:${key === undefined ? '文件' : `"${key}"`} 必须是一个对象 { … }`,
    unknown: (path: string, key: string, names: string) => `${path}:没有 "${key}" 这个设置;有 ${names} 和 servers`,
    notText: (path: string, key: string) => `${path}:"${key}" 必须是双引号里的文字`,
    badValue: (path: string, key: string, why: string) => `${path}:"${key}":${why}`,
    keyTwice: (path: string, prefix: string) =>
      `${path}:"${prefix}key" 和 "${prefix}key-file" 说的是同一件事;请去掉一个`,
    keyIsOpen: (path: string) => `别人能读到 ${path} 里的密钥;请让它只归你自己读:chmod 600 ${path}`,
    secret: '已设置,不显示',
    none: '无',
    fromDefault: '默认',
    fromFile: (path: string, key: string) => `${path} 中的 ${key}`,
  },

  input: {
    nothingToSend: '没有可发送的内容;请给出文字,或用 - 读取标准输入',
    standardInput: '标准输入',
    file: (path: string) => `文件 ${path} `,
    linesWithWords: '--lines 发送标准输入或 --file 的各行;请去掉文字',
    fileWithWords: '--file 就是内容;请去掉文字',
    tooLong: (what: string) => `${what}太长;一条消息最多 ${MAX_TEXT_BYTES} 字节`,
    notUtf8: (what: string) => `${what}不是 UTF-8 文本`,
    longLine: `超过 ${MAX_TEXT_BYTES} 字节`,
    lineNotSent: (number: number, why: string) => `第 ${number} 行没有发送:${why}`,
    stoppedAtLine: (number: number, why: string) => `停在第 ${number} 行,之前的各行已发送:${why}`,
    linesNotSent: (count: number) => `有 ${count} 行没有发送`,
  },

  connection: {
    nobodyAnswers: (url: string, why: string) => `${url} 没有应答(${why})。在那里启动服务器:poll-chat serve`,
    noUsableAnswer: (url: string, why: string) => `${url} 没有可用的应答:${why}`,
    mayHaveArrived: (sentence: string) => `${sentence};不知道消息是否已送达`,
    lost: (why: string) => `连接断开(${why}),正在重试`,
    again: '已重新连接',
    logReplaced: (room: string, reason: string) => `房间 ${room} 的日志换成了另一个(${reason});从其中最早的消息继续`,
    logTrimmed: (room: string) => `房间 ${room} 有消息在读到之前就被删除了;从仍保留的最早的消息继续`,
    noSuchPlace: (reason: string) => `这个房间没有这个位置:${reason}`,
    keyHint: (refusal: string) => `${refusal}请把密钥放在 POLL_CHAT_KEY 或 --key-file 里。`,
    takenHint: (refusal: string) => `${refusal} 请用 --uid 换一个 uid;如果它是你的,见 poll-chat uid --help。`,
    somethingWrong: (what: string) => `出错了:${what}`,
  },

  serving: {
    serving: (url: string, join: string) => `服务器在 ${url}。加入:${join}`,
    andTheKey: '(密钥放在 POLL_CHAT_KEY 或 --key-file 里)',
    started: (url: string, command: string) =>
      `已在 ${url} 启动服务器。本机上的其他人可用 ${command} join 加入。其他机器请看:${command} serve --help`,
    closingTookLong: '关闭花了太久;仍打开的连接已被切断',
  },
}
