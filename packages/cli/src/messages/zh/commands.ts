/** `--help` 的内容。例子与英文相同。 */

export const commands = {
  help: {
    titles: { 'Usage:': '用法:', 'Arguments:': '参数:', 'Options:': '选项:', 'Commands:': '命令:' },
    program: '一分钟开一个聊天室:在终端里,穿过任何能打开网页的网络。',
    version: '显示版本',
    help: '显示这个帮助',
    helpCommand: '显示某个命令的帮助',
    start: `
不带命令时,加入本机的服务器;如果没有,就先启动一个。

例子:
  poll-chat                                   在本机聊天
  poll-chat join chat.example:8787 --uid ada  在另一台机器上聊天
  poll-chat send "build 42 is done"           说一句话就走
  poll-chat tail --json | jq .text            在脚本里使用房间
  poll-chat serve --port 9000                 只运行服务器`,
    exitCodes: `
退出码:
  0  完成
  1  失败
  2  命令行或内容无效
  3  没有服务器应答
  4  不允许:没有密钥,或密钥不对,或 uid 属于别人
  5  没有及时等到(wait、ask)`,
    environment: `
环境变量(选项优先,其次环境变量,再次配置文件):
  POLL_CHAT_SERVER  服务器地址,如 chat.example:8787
  POLL_CHAT_UID     你是谁
  POLL_CHAT_ROOM    房间
  POLL_CHAT_KEY     服务器的密钥(如果有);或 POLL_CHAT_KEY_FILE,装有密钥的文件
  POLL_CHAT_ROOM_KEY  私密房间的密钥;或 POLL_CHAT_ROOM_KEY_FILE,装有密钥的文件
  POLL_CHAT_CONFIG  另一个配置文件,见 poll-chat config --help
  POLL_CHAT_MODE    auto、long、poll、sse 或 ws
  POLL_CHAT_NOTIFY  off、mentions 或 all
  POLL_CHAT_CLAIM   证明你是谁的密文,代替保存在本机的那个;none 表示不使用
  NO_COLOR          不用颜色`,
  },

  flags: {
    server: '服务器(默认:"http://127.0.0.1:8787")',
    keyFile: '装有服务器密钥的文件',
    room: '房间(默认:"lobby")',
    roomKeyFile: '装有私密房间密钥的文件:房间就是该名字和该密钥的私密房间',
    uid: '你是谁(默认:你的登录名)',
    mode: 'auto(哪种能通过就用哪种)、long(挂起的请求)、poll、sse(一个不结束的应答)或 ws(WebSocket)(默认:"auto")',
    interval: '--mode poll 时两次轮询的间隔,毫秒(默认:1000)',
    last: (count: number) => `显示多少条过去的消息(默认:${count})`,
    mouse: '滚轮翻页;off 把鼠标留给终端,以便选择文字(默认:on)',
    theme: 'auto、dark 或 light:配色所适合的底色(默认:auto,询问终端)',
    notify: 'off、mentions 或 all:没看着窗口时响铃或通知(默认:mentions)',
    inline: '用终端自己的回滚区,而不用全屏',
    plain: '只输出文字行,不绘制',
    screenReader: '输出适合朗读的文字行',
    json: '输出 JSON,每行一个对象',
  },

  join: {
    summary: '在终端里聊天',
    help: `
没有终端时,标准输入的每一行都会发送,房间的每条消息都会输出;输入结束并且全部发送后退出。

例子:
  poll-chat join
  poll-chat join chat.example:8787 --uid ada --room tea
  poll-chat join --mode poll --interval 5000     穿过会切断挂起请求的网络
  make 2>&1 | poll-chat join --room builds       发送每一行`,
  },

  send: {
    summary: '发送一条消息',
    id: '使重复发送安全(默认:随机)',
    file: '发送文件的内容',
    lines: '每行作为一条消息,按顺序发送',
    timeout: '尝试多久,秒(默认:5)',
    json: '输出服务器上的这条消息',
    help: `
服务器把消息写到磁盘后,不输出任何内容,以 0 退出。有 --id 时可以放心重复:同样的 id 和内容仍是一条消息。标准输入末尾的一个换行会去掉。

有 --lines 时,来一行发一行,空行除外。不能发送的行会指出来,其余照发,退出码为 1。用 --id ci 时,第 7 行的 id 是 ci-7。

例子:
  poll-chat send "hello everybody"
  poll-chat send hello everybody
  poll-chat send -- -5 degrees                   以短横开头的内容
  git log -1 | poll-chat send --room builds
  poll-chat send --id build-42 "build 42 is done"
  poll-chat send --file notes.txt                最多 16 KiB
  make 2>&1 | poll-chat send --lines --room builds`,
  },

  tail: {
    summary: '输出一个房间,并继续跟随',
    since: '从某处开始:序号、游标、时长(如 2h)、时间,或 all',
    exec: '不输出,而为每条新消息运行一个 shell 命令',
    noFollow: '输出现有的最后一条消息后退出',
    notSince: (given: string) =>
      `--since 要一个序号、游标、时长(如 90s、2h、3d)、时间(如 2026-11-24T10:00)或 all,而不是 "${given}"`,
    lastAndSince: '--last 和 --since 只能给一个',
    execWithJson: '--exec 自己不输出,命令的标准输入里就有 JSON;请去掉 --json',
    noCommand: '--exec 要一个 shell 命令',
    commandFailed: (index: number, outcome: string) => `处理消息 ${index} 的命令失败(${outcome})`,
    trimmed: '这个位置之后的一部分已不再保留;从保留的最早的消息继续',
    help: `
--since 输出某个序号或游标之后、某个时间及以后的消息;没有时区的时间是本地时间。

--exec 为每条到来的消息运行一次命令,一个接一个;消息以 JSON 放在标准输入里,并放在环境变量里:POLL_CHAT_TEXT、
POLL_CHAT_FROM、POLL_CHAT_VERIFIED(true 或 false)、POLL_CHAT_ROOM、POLL_CHAT_INDEX、POLL_CHAT_ID 和 POLL_CHAT_AT。
命令失败会指出来,但不会停止。有 -n 或 --since 时也为过去的消息运行。

例子:
  poll-chat tail                                 最后 20 条消息,然后是新来的
  poll-chat tail -n 0 --room builds              只要新来的
  poll-chat tail -n 100 --no-follow              最后 100 条消息
  poll-chat tail --json | jq -r .text            每行一个 JSON 对象
  poll-chat tail --since 2h --no-follow          最近两小时说了什么
  poll-chat tail --since 2026-11-24T10:00
  poll-chat tail --exec 'notify-send "$POLL_CHAT_FROM" "$POLL_CHAT_TEXT"'
  poll-chat tail --exec 'jq -r .at >> times.txt'`,
  },

  roomKey: {
    summary: '生成私密房间的密钥',
    help: `
用随机数生成一个密钥,打印出来,或写进一个只有所有者能读的新文件。
谁在房间名之外还出示这个密钥,就进入该名字的私密房间;没有密钥,就看不出有这个房间。

示例:
  poll-chat room-key team.key && poll-chat join --room team --room-key-file team.key
  POLL_CHAT_ROOM_KEY=$(poll-chat room-key) poll-chat send --room once "hi"`,
    exists: (file: string) => `${file} 已经存在,没有改动;请换一个名字`,
    cannotBeWritten: (file: string, why: string) => `无法写入 ${file}:${why}`,
  },

  rooms: {
    summary: '列出服务器的房间',
    help: `
输出每个房间最后活动的时间和名字,最近活动的在前。

例子:
  poll-chat rooms
  poll-chat rooms --json | jq -r .room`,
  },

  who: {
    summary: '列出房间里有谁',
    typing: '（正在输入）',
    tooMany: (room: string, count: number) => `房间 ${room} 里有 ${count} 人，太多，不一一列出`,
    help: `
打印此刻以某个名字跟读这个房间的每个人的 uid，每行一个。跟读的脚本不显示。

例子:
  poll-chat who
  poll-chat who --room tea --json | jq -r .uid`,
  },

  search: {
    summary: '按词查找消息',
    room: '只在这个房间里找（默认：所有房间）',
    from: '只找这个 uid 说的',
    last: '最多找多少条（默认：20）',
    help: `
打印包含所有词的消息，最新的在前。一个词找到以它开头的词，不分大小写和重音；引号里的词须原样相连。中文、日文和韩文按任意
相连的字查找。

例子:
  poll-chat search deploy
  poll-chat search '"build failed"' --room builds -n 100
  poll-chat search 天气 --from ada
  poll-chat search deploy --json | jq -r .text`,
  },

  history: {
    summary: '输出过去的消息',
    before: '只要某个游标或序号之前的',
    all: '从最早的消息起,全部',
    notACursor: (given: string) => `"${given}" 不是游标;游标是一个序号,或应答里的 "next"`,
    lastAndAll: '--last 和 --all 只能给一个',
    help: `
按房间里的顺序输出,然后退出。--all 逐页读取,多大的房间都不占内存。

例子:
  poll-chat history                              最后 20 条消息
  poll-chat history --before 100 -n 50           序号 100 之前的 50 条
  poll-chat history --all --json > lobby.jsonl   整个房间`,
  },

  wait: {
    summary: '等待一条消息',
    match: '内容要匹配的正则表达式(JavaScript 的写法,带 u 和 m 标志)',
    ignoreCase: '不分大小写',
    from: '只要这个 uid 的消息;可以给多次',
    verified: '只要服务器能证明发送者的消息',
    timeout: '等多久,秒;0 为一直等(默认:60)',
    matchMissing: '请用 --match 说明等什么',
    badPattern: (pattern: string, why: string) => `"${pattern}" 不是正则表达式:${why}`,
    waiting: (room: string) => `正在等待 ${room} 里的消息`,
    tooSlow: (index: number) => `匹配消息 ${index} 花的时间太长,算作不匹配`,
    timeIsUp: (seconds: number) => `${seconds} 秒内没有这样的消息`,
    help: `
输出从现在起第一条匹配的消息,以 0 退出;时间到了则以 5 退出。从它在标准错误上说正在等待起,无论连接怎样,都不会漏掉消息。

例子:
  poll-chat wait --match 'build 42 (done|failed)'
  poll-chat wait --match '^go$' -i --from ada --from bob --timeout 3600
  poll-chat wait --match . --room builds --json | jq -r .text     任何消息`,
  },

  ask: {
    summary: '提一个问题,等待回答',
    choices: '可以回答什么,用逗号隔开(默认:"yes,no")',
    from: '只要这个 uid 的回答;可以给多次',
    timeout: '等多久,秒;0 为一直等(默认:300)',
    confirm: '在房间里说明采用了哪个回答',
    json: '以 JSON 输出选择和整个回答',
    noQuestion: '没有问题;请写出来',
    emptyChoice: (given: string) => `--choices 里有一个空的选择:"${given}"`,
    choiceTwice: (given: string) => `--choices 里有重复的选择:"${given}"`,
    taken: (choice: string, uid: string) => `采用:${choice}(${uid})`,
    timeIsUp: (seconds: number) => `${seconds} 秒内没有回答`,
    help: `
发送问题和可选的回答,输出最先得到的回答,以 0 退出;时间到了则以 5 退出。回答恰好说出其中一个选择(整词,不分大小写),
并且来自别人:脚本应有自己的 uid。

例子:
  poll-chat ask "Deploy 42?" --uid ci
  poll-chat ask "Which one?" --choices red,green,blue --timeout 60
  test "$(poll-chat ask 'Deploy?' --uid ci --from ada --confirm)" = yes && echo deploying`,
  },

  uid: {
    summary: '保存和迁移你的身份',
    list: '列出你的身份,不含密文',
    export: '输出一个身份(含密文),一行 JSON',
    import: '从文件或标准输入保存一个导出的身份',
    forget: '从这台机器删除一个身份',
    help: `
第一次在终端里加入一个服务器时,你的 uid 就在那里归你所有:一个随机的密文证明它,密文只为你保存在这台机器上。从此别人
不能以你的名义说话,也不能读取给你的内容。你说的话标为已验证;没有证明的名字前面有 ~。send、ask 和管道使用已有的
身份,但不会新建:一次性容器里的脚本会把自己锁在外面。到处都忘记的身份就丢失了;服务器的管理员可以释放这个 uid。

例子:
  poll-chat uid list
  poll-chat uid export --uid ada > ada.json                    像密码一样保管
  poll-chat uid export | ssh laptop poll-chat uid import       在另一台机器上也是你
  poll-chat uid import ada.json --server chat.example:8787     这台机器这样称呼服务器
  poll-chat uid forget --uid ada`,
  },

  admin: {
    summary: '管理服务器',
    keyFile: '装有管理员密钥的文件',
    data: '服务器存放数据的文件夹(默认:你账户的数据文件夹)',
    free: '让别人可以认领一个 uid',
    ban: '禁止一个 uid 发送和读取收件箱',
    unban: '解除禁止',
    delete: '删除一条消息:它的文字永久消失,它的位置保留',
    deleted: (index: number, room: string, uid: string) => `${room} 中 ${uid} 的消息 ${index} 已删除`,
    notAnIndex: (given: string) => `"${given}" 不是消息的序号;"poll-chat history --json" 会显示序号`,
    noKey: '这里没有管理员密钥;请用 --admin-key-file、POLL_CHAT_ADMIN_KEY,或带服务器文件夹的 --data 说明它在哪里',
    help: `
在服务器所在的机器上,以它的用户身份,什么都不用设置:服务器把管理员密钥放在数据库旁边。

例子:
  poll-chat admin free ada                       丢失身份的人可以重新认领 uid
  poll-chat admin ban troll
  poll-chat admin unban troll --data /srv/chat
  poll-chat admin delete lobby 4711              "poll-chat search --json" 显示序号
  poll-chat admin ban troll --server https://chat.example --admin-key-file admin.key`,
  },

  backup: {
    summary: '在服务器运行时把它的全部记录复制到一个文件',
    force: '替换这个文件',
    exists: (path: string) => `${path} 已经存在;请换一个文件名,或用 --force 替换它`,
    done: (path: string, messages: number, rooms: number) => `${path}:${rooms} 个房间,${messages} 条消息`,
    notWritten: (path: string, why: string) => `无法写入 ${path}:${why}`,
    refused: (detail: string) => `服务器没有复制:${detail}`,
    help: `
文件在检查之后才得到它的名字。恢复时先停止服务器,再用它替换 poll-chat.db,并删除旧的 poll-chat.db-wal 和
poll-chat.db-shm。管理员密钥的查找方式与 "poll-chat admin" 相同。

例子:
  poll-chat backup chat.db
  poll-chat backup chat.db --force --data /srv/chat
  poll-chat backup chat.db --server https://chat.example --admin-key-file admin.key`,
  },

  export: {
    summary: '把全部记录写成任何引擎都能导入的文件',
    nothingThere: (path: string) => `${path} 处没有记录;请用 --data 或 --engine 指明位置`,
    done: (path: string, messages: number, rooms: number) => `${path}:${rooms} 个房间,${messages} 条消息`,
    help: `
房间、消息、收件箱、名字归属和封禁,带校验和的 JSON Lines;"-" 写到标准输出。本机的记录不能正在使用:请先停止服务器,
或导出 "poll-chat backup" 制作的副本(--engine sqlite:copy.db)。NATS 中的记录可以正在使用;期间发送的消息可能不在文件里。

例子:
  poll-chat export chat.jsonl
  poll-chat export chat.jsonl --data /srv/chat
  poll-chat export - --engine nats://10.0.0.1,10.0.0.2,10.0.0.3 | zstd > chat.jsonl.zst`,
  },

  import: {
    summary: '把导出的记录放进一个引擎',
    needsFile: '文件要读多遍,不能来自标准输入;请先保存它',
    steps: {
      check: '正在检查文件和已有的内容',
      write: '正在写入缺少的内容',
      compare: '正在全部比较',
    },
    done: (messages: number, rooms: number, added: number) =>
      `共有 ${rooms} 个房间、${messages} 条消息,其中 ${added} 条是新写入的`,
    newIndexes: '这里的消息顺序不变,但索引与以前不同:持有旧游标的读者会得到通知,收件箱仍在原来的位置',
    help: `
在确认整个文件没有损坏、并且与已有内容相符之前,什么也不写入:目标必须是空的,或只有同一份记录的一部分。所以中断的导入可以
再做一次,会接着进行。最后比较全部内容。id、发送者、时间和顺序都保留。SQLite 也保留索引;在 NATS 中索引会不同。

例子:
  poll-chat import chat.jsonl --data /srv/chat
  poll-chat import chat.jsonl --engine nats://10.0.0.1,10.0.0.2,10.0.0.3`,
  },

  serve: {
    summary: '运行服务器',
    port: '监听的端口;0 为任一空闲端口(默认:8787)',
    host: '监听的地址(默认:"127.0.0.1")',
    data: '消息放在哪里,或 :memory:(默认:你账户的数据文件夹)',
    engine: '改由 NATS JetStream 集群保存消息:nats://host,host,host',
    natsCreds: '装有 NATS 凭据的文件',
    natsCa: '装有 NATS(TLS)可信证书的文件',
    natsIndex: '存放 NATS 日志搜索索引的文件(默认每次启动时重建)',
    logLevel: 'silent、error、warn、info 或 debug(默认:在终端上为 warn,否则 info)',
    threads: '同一个日志之上的 HTTP 线程数(默认:1)',
    lane: '用捷径应答普通的轮询和发送;off 一样,但更慢(默认:on)',
    retain: '每个房间保留什么:时间、消息数,或两者,如 90d,100000(默认:全部)',
    limits: '一个客户端可以要多少:on、off,或数字如 sends-per-uid=300/10s(默认:on)',
    adminKeyFile: '装有管理员密钥的文件(默认:自动生成,放在数据库旁边)',
    tlsCert: '用这个证书(PEM 文件)提供 TLS;收到 SIGHUP 时重新读取',
    tlsKey: '证书的私钥(PEM 文件)',
    trustProxy: '相信哪些代理所说的客户端地址,如 127.0.0.1,10.0.0.0/8',
    keyFile: '装有密钥的文件',
    open: '在别人能访问的地址上,不用密钥也服务',
    help: `
除非 --host 另有说明,服务器只监听本机;监听其他地址时它需要密钥。谁有密钥,谁就能读和发送。密钥从不放在命令行上,
因为机器上的每个用户都能看到命令行。

例子:
  poll-chat serve
  poll-chat serve --port 9000 --data /srv/chat
  poll-chat serve --data :memory:                              什么也不保留
  POLL_CHAT_KEY=some-long-secret poll-chat serve --host 0.0.0.0
  poll-chat serve --host 0.0.0.0 --key-file /etc/poll-chat.key
  poll-chat serve --host 0.0.0.0 --open                        谁能访问,谁就能读和发送
  poll-chat serve --engine nats://10.0.0.1,10.0.0.2,10.0.0.3   同一个 NATS 集群上的多个服务器之一
  poll-chat serve --retain 90d                                 忘记 90 天以前的消息
  poll-chat serve --limits sends-per-uid=10/s,waiters-per-address=50
  poll-chat serve --trust-proxy 127.0.0.1                      在本机的代理之后

环境变量(选项优先):
  POLL_CHAT_KEY          每个人都必须有的密钥
  POLL_CHAT_ENGINE       NATS 集群
  POLL_CHAT_RETAIN       同 --retain
  POLL_CHAT_LIMITS       同 --limits
  POLL_CHAT_ADMIN_KEY    管理员密钥
  POLL_CHAT_TRUST_PROXY  同 --trust-proxy
  POLL_CHAT_TLS_CERT     同 --tls-cert
  POLL_CHAT_TLS_KEY      同 --tls-key

SIGTERM 和 SIGINT 使它以退出码 0 结束;再来一次则立即结束。`,
  },

  config: {
    summary: '显示生效的设置及其来源',
    notPath: (given: string) => `没有 config ${given};有 poll-chat config 和 poll-chat config path`,
    json: '以一个 JSON 对象输出设置',
    help: `
输出每个设置的值和来源;密钥从不显示。"config path" 输出配置文件的位置:$XDG_CONFIG_HOME(默认 ~/.config)里的
poll-chat/config.json。它是 JSON,可以有注释:

  {
    "uid": "ada",
    "server": "work",
    "servers": {
      "work": { "server": "https://chat.example", "key-file": "work.key", "room": "ops" },
      "http://127.0.0.1:8787": { "room": "notes" }
    }
  }

设置有 server、room、uid、mode、notify、theme、key-file 和 key。"servers" 里的只对那个服务器有效,也可以用那里的名字称呼它:
poll-chat join work。"servers" 以外的密钥只给它旁边的 "server"。里面有密钥的文件必须只有你自己能读(chmod 600)。

例子:
  poll-chat config
  poll-chat config --server chat.example --json
  poll-chat config path`,
  },

  complete: {
    summary: '输出一个脚本,让你的 shell 补全命令',
    notAShell: (shells: string) => `请说明用于哪个 shell:${shells}`,
    help: `
补全命令、选项、方式、当前服务器的房间和配置文件里的服务器。

例子:
  source <(poll-chat complete bash)              写进 ~/.bashrc
  source <(poll-chat complete zsh)               写进 ~/.zshrc,在 compinit 之后
  poll-chat complete fish | source               写进 ~/.config/fish/config.fish`,
  },
}
