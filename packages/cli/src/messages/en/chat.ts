/** What the chat in the terminal says. */

const count = (number: number, one: string, many: string) => (number === 1 ? `1 ${one}` : `${number} ${many}`)

export const chat = {
  /** Of dates. */
  locale: 'en-GB',
  unknownDay: 'unknown day',
  emptyRoom: 'Nobody has said anything here yet. Write something, or see /help.',
  unread: 'unread',
  deleted: '(deleted by the operator)',
  gapLost: 'messages that are gone',
  gapNotLoaded: 'messages not loaded …',
  refused: (reason: string | undefined) => `${reason ?? 'refused'} (Alt-R sends it again, Alt-E brings it back)`,
  endedWith: (what: string) => `it ended with ${what}`,
  olderNotRead: (why: string) => `Older messages could not be read: ${why}`,
  logTrimmed: 'Some messages were deleted on the server before they could be read.',
  logLost: 'The server lost its log, or went back to an older copy. What it has now follows.',
  more: 'more',
  below: (number: number, mentions: number) =>
    `${number} new${mentions === 0 ? '' : mentions === 1 ? ', 1 mentions you' : `, ${mentions} mention you`}`,
  connecting: 'connecting',
  back: (after: string, missed: number) => `back after ${after}, ${missed} missed`,
  reconnecting: (seconds: number, attempt: number, lastSeen: string | undefined, why: string) =>
    `reconnecting ${seconds > 0 ? `in ${seconds} s` : 'now'} (attempt ${attempt})${lastSeen === undefined ? '' : `, last seen ${lastSeen}`}: ${why}`,

  plainHelp: 'each line that you type is sent; /quit or Ctrl-D leaves; // at the beginning sends a slash',
  unknownCommand: (name: string, suggestion: string | undefined) =>
    `there is no /${name}; ${suggestion === undefined ? 'see /help.' : `did you mean /${suggestion}?`} // at the beginning sends a slash`,
  notInPlain: (name: string) => `/${name} is there in the full screen only`,
  spoken: (uid: string, time: string, text: string) => `${uid}, ${time}: ${text}`,
  spokenOwn: (time: string, text: string) => `you, ${time}: ${text}`,

  help: [
    'Writing: Enter sends · Alt-Enter or Ctrl-J new line · Ctrl-X Ctrl-E your editor · Tab completes @names, /commands, :emoji:',
    'Again: ↑ ↓ earlier texts · Ctrl-R searches them · Ctrl-_ undoes · Ctrl-Y brings back what was erased · Alt-R sends what failed, Alt-E edits it',
    'Reading: PgUp PgDn, Shift-↑ ↓, wheel, Ctrl-Home · Alt-U first unread · Esc newest · Ctrl-F or /find WORDS finds · Ctrl-T times',
    'Copying: F2 or /raw the plain text · /copy the last message',
    'Rooms: /room NAME goes to one, /room lists them · Alt-A the one with something unread',
    'Private rooms: /room NAME! asks for the key once · /key NAME for another key',
    'More: /who · /me TEXT · /mode auto|long|poll|sse|ws · /clear · // at the beginning sends a slash',
    'Leaving: /quit, or Ctrl-C in an empty box',
  ].join('\n'),
  pasteTooLong: 'Not inserted: the paste is too long for any message.',
  pasteTooMuch: (characters: number) => `Not inserted: ${characters} characters are too many for one message.`,
  pasteAsks: (lines: number) => `${lines} lines pasted: Enter puts them in the box · L sends each · Esc forgets them`,
  pasteMore: (lines: number) => `… ${count(lines, 'more line', 'more lines')}`,
  lineCannotBeSent: (number: number, why: string) => `Line ${number} cannot be sent, so none was: ${why}`,
  searchAsks: 'search in what you sent',
  keyAsks: (room: string) => `key of the private room ${room}`,
  keyKeys: 'not shown · Enter goes in · Esc cancels',
  notARoomKey: 'A room key has 8-512 visible ASCII characters and no comma.',
  whichRoom: (rooms: string) => `There are several of that name; say which: ${rooms}`,
  keyWantsRoom: 'Say of which room: /key NAME.',
  findAsks: 'find',
  findKeys: 'Enter or ↑ older · ↓ newer · Esc ends',
  findNothing: (words: string) => `Nothing older is found for "${words}".`,
  findNothingNewer: (words: string) => `Nothing newer is found for "${words}".`,
  finding: (day: string | undefined) => `searching${day === undefined ? '' : `, back to ${day}`} …`,
  nothingUnread: 'Nothing is unread.',
  nothingFailed: 'Nothing has failed.',
  nothingToCopy: 'There is no message to copy.',
  copied: (characters: number) => `${count(characters, 'character', 'characters')} copied, if the terminal allows it.`,
  copyTooLong: 'That message is too long for the clipboard of a terminal.',
  notSentYet: (number: number) =>
    `${number === 1 ? 'this message is not sent yet; it goes' : 'these messages are not sent yet; they go'} out when you join the room again:`,
  notKept: (why: string) => `What you type and send cannot be kept on disk: ${why}`,
  rawBegins: '— the text as it is, for copying; any key leads back to the chat —',
  nothingElsewhere: 'Nothing is unread in other rooms.',
  roomsAre: (rooms: string) => `Rooms: ${rooms}`,
  noRooms: 'There are no other rooms yet; /room NAME makes one with its first message.',
  modeIs: (mode: string) => `The mode is ${mode} now.`,
  modeAsks: (modes: string) => `/mode takes one of ${modes}`,
  here: (number: number) => `${number} here`,
  areHere: (people: string) => `Here now: ${people}`,
  typing: (people: string, more: number) =>
    more > 0 ? `${people} and ${more} more type …` : `${people} ${people.includes(',') ? 'type' : 'types'} …`,
  nobodySpoke: 'Nobody else has spoken here yet.',
  ago: (ms: number) =>
    ms < 60_000
      ? 'just now'
      : ms < 3_600_000
        ? `${Math.round(ms / 60_000)} min ago`
        : ms < 86_400_000
          ? `${Math.round(ms / 3_600_000)} h ago`
          : `${Math.round(ms / 86_400_000)} d ago`,
  spokeLately: (people: string) => `Spoke here lately: ${people}`,
  editorFailed: (editor: string, why: string) => `${editor} did not work: ${why}`,
  wantsWords: (command: string) => `/${command} takes words: /${command} TEXT`,
  takesNothing: (command: string) => `/${command} takes nothing after it.`,
}
