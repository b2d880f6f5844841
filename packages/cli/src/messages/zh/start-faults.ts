/** Why a server does not start, as it says it in English, in Chinese; what is not known stays as it is. */

const PLACE = '请用 --data 选择另一个位置。'
const LEFT = '文件保持原样;'
/** The more particular before the more general. */
const FAULTS: [RegExp, string][] = [
  [/^Port (.+) is taken\. .*/, '端口 $1 已被占用。请用 --port 选择另一个。'],
  [/^Port (.+) needs more rights\. .*/, '端口 $1 需要更多权限。请用 --port 选择 1023 以上的端口。'],
  [/^This machine has no address (.+)\.$/, '本机没有地址 $1。'],
  [/^Cannot listen on (.+?): (.+)\.$/, '无法在 $1 监听:$2。'],
  [
    /^Serving on (.+?) lets the whole network in\. .*/,
    '在 $1 上服务会让整个网络进来。请用 POLL_CHAT_KEY 或 --key-file 设置密钥;确实要开放就加 --open。',
  ],
  [/^Several threads need a log on disk; .*/, '多个线程需要磁盘上的日志;请去掉 --threads,或用 --data 选择文件夹。'],

  [/^The log cannot be opened: (.+)\. Choose another place with --data\.$/, `无法打开日志:$1。${PLACE}`],
  [/^The log (.+?) cannot be opened: (.+)\.$/, '无法打开日志 $1:$2。'],
  [/^(.+) is not a database\. .*/, `$1 不是数据库。${LEFT}${PLACE}`],
  [/^(.+) is a database of another program\. .*/, `$1 是另一个程序的数据库。${LEFT}${PLACE}`],
  [
    /^(.+) was written by a newer poll-chat \(schema (.+), this one knows (.+)\)\. .*/,
    `$1 由更新版本的 poll-chat 写成(格式 $2,这个版本只认识 $3)。${LEFT}请安装更新的版本。`,
  ],
  [/^(.+) is in use by another server\. .*/, `$1 正被另一个服务器使用。请停止那一个,或${PLACE.slice(1)}`],
  [/^(.+) is damaged: (.+)\.$/, '$1 已损坏:$2。'],
  [/^There is no engine "(.+)"\. .*/, '没有引擎 "$1"。请用 memory:、sqlite:路径 或 nats://主机,主机。'],

  [/^The key (.+) does not belong to the certificate (.+)\.$/, '密钥 $1 不属于证书 $2。'],
  [/^The certificate (.+) is out of date since (.+)\.$/, '证书 $1 已于 $2 过期。'],
  [/^The key (.+) is encrypted; .*/, '密钥 $1 是加密的;请不带口令保存,权限 0600。'],
  [/^(.+) holds no certificate in PEM\.$/, '$1 里没有 PEM 格式的证书。'],
  [/^(.+) holds no private key in PEM\.$/, '$1 里没有 PEM 格式的私钥。'],
  [/^The certificate (.+) cannot be used\.$/, '证书 $1 无法使用。'],
  [
    /^The admin key cannot be kept: (.+)\. Name another one with --admin-key-file\.$/,
    '无法保存管理员密钥:$1。请用 --admin-key-file 指定另一个文件。',
  ],
  [/^(.+) holds no key\. .*/, '$1 里没有密钥。删除它,就会生成新的。'],

  [/^This is not the address of a NATS cluster; (?:one looks like )?(.+)\.$/, '这不是 NATS 集群的地址;地址形如 $1。'],
  [/^"(.*)" is not the address of a server; (?:one looks like )?(.+)\.$/, '"$1" 不是服务器的地址;地址形如 $2。'],
  [/^"(.*)" cannot name the data; .*/, '"$1" 不能作为数据的名字;名字是 1-32 个 A-Z a-z 0-9 _ -。'],
  [/^(.+) is a whole number from 1 to (.+), not "(.*)"\.$/, '$1 是 1 到 $2 的整数,而不是 "$3"。'],
  [
    /^An engine's address takes shards= and replicas=, not "(.*)"\.$/,
    '引擎的地址只接受 shards= 和 replicas=,不接受 "$1"。',
  ],
  [/^The file of (.+) cannot be read: (.+)\.$/, '无法读取 $1 的文件:$2。'],
  [/^The (\S+) (.+) cannot be read: (.+)\.$/, '无法读取 $2($1):$3。'],
  [
    /^The data in NATS were written by a newer poll-chat; .*/,
    'NATS 里的数据由更新版本的 poll-chat 写成;请安装那个版本。',
  ],
  [
    /^NATS server (.+) is too old; poll-chat needs (.+) or newer\.$/,
    'NATS 服务器 $1 太旧;poll-chat 需要 $2 或更新的版本。',
  ],
  [
    /^NATS server (.+) can lose whole streams when it is killed; install (.+) or newer\.$/,
    'NATS 服务器 $1 被强行终止时可能丢失整个流;请安装 $2 或更新的版本。',
  ],
  [
    /^NATS at (.+) does not accept these credentials; .*/,
    '$1 的 NATS 不接受这些凭据;请用 --nats-creds 或在地址里给出它所配置的凭据。',
  ],
  [
    /^NATS at (.+) has no JetStream; .*/,
    '$1 的 NATS 没有 JetStream;请在 nats-server 中打开它("jetstream {}" 或 -js),并确认集群中多数服务器在运行。',
  ],
  [
    /^The file of --nats-creds holds no credentials of a user, .*/,
    '--nats-creds 的文件里没有用户的凭据;它应是 "nsc generate creds" 写出的样子。',
  ],
  [/^NATS at (.+) does not speak TLS; .*/, '$1 的 NATS 不用 TLS;请给它证书,或用 nats:// 而不带 --nats-ca。'],
  [
    /^NATS at (.+) shows a certificate that is not trusted: (.+?)\. Name who signed it with --nats-ca\.$/,
    '$1 的 NATS 出示的证书不可信:$2。请用 --nats-ca 指明由谁签发。',
  ],
  [/^JetStream at (.+) refuses: (.+)\.$/, '$1 的 JetStream 拒绝:$2。'],
  [/^NATS at (.+) does not allow this account (.+)\.$/, '$1 的 NATS 不允许这个帐户 $2。'],
  [/^NATS at (.+) does not answer\. .*/, '$1 的 NATS 没有应答。请确认集群中多数服务器在运行,并能互相到达。'],
  [/^No NATS server can be reached at (.+?): (.+)\.$/, '在 $1 无法到达任何 NATS 服务器:$2。'],
]

const WORDS: [RegExp, string][] = [
  [/\(certificate\)/, '(证书)'],
  [/\(key\)/, '(密钥)'],
  [/:it does not exist。$/, ':文件不存在。'],
  [/:no permission。$/, ':没有权限。'],
]

export function startFault(english: string): string {
  for (const [pattern, chinese] of FAULTS) {
    if (!pattern.test(english)) continue
    return WORDS.reduce((sentence, [why, said]) => sentence.replace(why, said), english.replace(pattern, chinese))
  }
  return english
}
