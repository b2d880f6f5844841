/** 终端里的聊天所说的话。 */
export const chat = {
  locale: 'zh-CN',
  unknownDay: '日期不明',
  emptyRoom: '这里还没有人说过话。写点什么,或看 /help。',
  unread: '未读',
  deleted: '(已被管理员删除)',
  gapLost: '已不存在的消息',
  gapNotLoaded: '尚未载入的消息…',
  refused: (reason: string | undefined) => `${reason ?? '被拒绝'}(Alt-R 重新发送,Alt-E 取回编辑)`,
  endedWith: (what: string) => `它以 ${what} 结束`,
  olderNotRead: (why: string) => `无法读取更早的消息:${why}`,
  logTrimmed: '有些消息在阅读之前已从服务器删除。',
  logLost: '服务器丢失了日志,或恢复到较早的副本。下面是它现在的内容。',
  more: '还有',
  below: (number: number, mentions: number) => `${number} 条新消息${mentions === 0 ? '' : `,${mentions} 条提到你`}`,
  connecting: '正在连接',
  back: (after: string, missed: number) => `断开 ${after} 后恢复,错过 ${missed} 条`,
  reconnecting: (seconds: number, attempt: number, lastSeen: string | undefined, why: string) =>
    `${seconds > 0 ? `${seconds} 秒后重连` : '正在重连'}(第 ${attempt} 次)${lastSeen === undefined ? '' : `,上次见到 ${lastSeen}`}:${why}`,

  plainHelp: '输入的每一行都会发送;/quit 或 Ctrl-D 离开;开头的 // 发送一个斜杠',
  unknownCommand: (name: string, suggestion: string | undefined) =>
    `没有 /${name}${suggestion === undefined ? '' : `;是不是 /${suggestion}?`};请看 /help。开头的 // 发送一个斜杠`,
  notInPlain: (name: string) => `/${name} 只在全屏里有`,
  spoken: (uid: string, time: string, text: string) => `${uid},${time}:${text}`,
  spokenOwn: (time: string, text: string) => `你,${time}:${text}`,

  help: [
    '写:Enter 发送 · Alt-Enter 或 Ctrl-J 换行 · Ctrl-X Ctrl-E 用你的编辑器 · Tab 补全 @名字、/命令、:emoji:',
    '再来:↑ ↓ 以前的内容 · Ctrl-R 在其中查找 · Ctrl-_ 撤销 · Ctrl-Y 取回删掉的 · Alt-R 重发失败的,Alt-E 修改一条',
    '读:PgUp PgDn、Shift-↑ ↓、滚轮、Ctrl-Home 翻页 · Alt-U 第一条未读 · Esc 最新 · Ctrl-F 或 /find 词 查找 · Ctrl-T 时间',
    '复制:F2 或 /raw 原文 · /copy 最后一条消息',
    '房间:/room 名字 去一个房间,单独的 /room 列出房间 · Alt-A 去有未读消息的房间',
    '其他:/who · /me 内容 · /mode auto|long|poll|sse|ws · /clear · 开头的 // 发送一个斜杠',
    '离开:/quit,或在空的输入框按 Ctrl-C',
  ].join('\n'),
  pasteTooLong: '没有插入:粘贴的内容比任何消息都长。',
  pasteTooMuch: (characters: number) => `没有插入:${characters} 个字符超过一条消息的长度。`,
  pasteAsks: (lines: number) => `粘贴了 ${lines} 行:Enter 放进输入框 · L 逐行发送 · Esc 取消`,
  pasteMore: (lines: number) => `… 还有 ${lines} 行`,
  lineCannotBeSent: (number: number, why: string) => `第 ${number} 行不能发送,所以全都没有发送:${why}`,
  searchAsks: '在你发送过的内容里查找',
  findAsks: '查找',
  findKeys: 'Enter 或 ↑ 更早 · ↓ 更新 · Esc 结束',
  findNothing: (words: string) => `更早的消息里找不到 "${words}"。`,
  findNothingNewer: (words: string) => `更新的消息里找不到 "${words}"。`,
  finding: (day: string | undefined) => `正在查找${day === undefined ? '' : `,已到 ${day}`} …`,
  nothingUnread: '没有未读的消息。',
  nothingFailed: '没有发送失败的消息。',
  nothingToCopy: '没有可以复制的消息。',
  copied: (characters: number) => `已复制 ${characters} 个字符,如果终端允许的话。`,
  copyTooLong: '这条消息太长,终端的剪贴板放不下。',
  notSentYet: (number: number) => `这 ${number} 条消息还没有发送;再次加入这个房间时会发出:`,
  notKept: (why: string) => `你输入和发送的内容无法保存到磁盘:${why}`,
  rawBegins: '— 供复制的原文;按任意键回到聊天 —',
  nothingElsewhere: '其他房间没有未读消息。',
  roomsAre: (rooms: string) => `房间:${rooms}`,
  noRooms: '还没有别的房间;/room 名字 会在第一条消息时建立一个。',
  modeIs: (mode: string) => `现在的方式是 ${mode}。`,
  modeAsks: (modes: string) => `/mode 只能是 ${modes} 之一`,
  here: (number: number) => `${number} 人在线`,
  areHere: (people: string) => `现在在这里:${people}`,
  typing: (people: string, more: number) => (more > 0 ? `${people} 和另外 ${more} 人正在输入…` : `${people} 正在输入…`),
  nobodySpoke: '这里还没有别人说过话。',
  ago: (ms: number) =>
    ms < 60_000
      ? '刚才'
      : ms < 3_600_000
        ? `${Math.round(ms / 60_000)} 分钟前`
        : ms < 86_400_000
          ? `${Math.round(ms / 3_600_000)} 小时前`
          : `${Math.round(ms / 86_400_000)} 天前`,
  spokeLately: (people: string) => `最近在这里说过话的:${people}`,
  editorFailed: (editor: string, why: string) => `${editor} 出错:${why}`,
  wantsWords: (command: string) => `/${command} 后面要有内容:/${command} 内容`,
  takesNothing: (command: string) => `/${command} 后面不能有内容。`,
}
