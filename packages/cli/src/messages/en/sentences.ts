/** What is said to a person on standard error or beside data, but for help. Sentences begin small and have no full stop. */
import { MAX_ID_CHARACTERS, MAX_NAME_CHARACTERS, MAX_TEXT_BYTES } from '@poll-chat/protocol'

const nameRule = `a name has 1-${MAX_NAME_CHARACTERS} letters, digits, "-", "_" or "."`

export const sentences = {
  /** What is wrong with a command line, as the library says it. */
  fault: (english: string) => english,
  /** What a server refuses, by its code: servers speak English. */
  problem: (code: string, detail: string) => detail || code,
  /** Why there is no usable answer, as the client says it. */
  reason: (english: string) => english,
  /** Why a server does not start, as it says it. */
  startFault: (english: string) => english,
  /** What a search may not have found. */
  notIndexedYet: (count: number) =>
    `up to ${count} of the newest messages are not indexed yet; search again in a moment`,
  /** Why a place in a log is no place in it any more, by the protocol's word. */
  resetReason: (word: string) =>
    ({
      ahead: 'it ends before that place',
      diverged: 'it holds another message there',
      trimmed: 'that place is no longer kept',
    })[word] ?? word,

  usage: {
    seeHelp: (fault: string) => `${fault}; see poll-chat --help`,
    noSuchCommand: 'there is no such command',
    serverTwice: 'the server was given twice; leave out --server',
    notAServer: (given: string) =>
      `"${given}" is not the address of a server; one looks like http://127.0.0.1:8787 or host:8787`,
    credentialsInAddress: 'an address must not hold a name or a password; put the key in POLL_CHAT_KEY or --key-file',
    keyIsEmpty: (where: string) => `${where} is empty`,
    keyIsNoWord: (where: string) => `${where} must hold one word of ASCII characters`,
    notARoomKey: (where: string) =>
      `${where} holds no room key; one has 8-512 visible ASCII characters and no comma; poll-chat room-key makes one`,
    keyFile: (path: string) => `the key file ${path}`,
    notARoom: (given: string) => `"${given}" cannot be the name of a room; ${nameRule}`,
    notAUid: (given: string) => `"${given}" cannot be a uid; ${nameRule}`,
    noLoginName: 'this account has no login name; say who you are with --uid',
    loginIsNoUid: (login: string) => `your login name "${login}" cannot be a uid; say who you are with --uid`,
    notAnId: (given: string) => `"${given}" cannot be an id; an id has 1-${MAX_ID_CHARACTERS} of A-Z a-z 0-9 . _ : ~ -`,
    notWhole: (name: string, min: number, max: number, given: string) =>
      `${name} takes a whole number from ${min} to ${max}, not "${given}"`,
    notSeconds: (name: string, given: string) => `${name} takes a number of seconds above 0, not "${given}"`,
    notOneOf: (name: string, values: string, given: string) => `${name} is one of ${values}, not "${given}"`,
    oneView: 'choose one of --inline, --plain and --screen-reader',
    engineAndData: 'the messages lie in one place; give --data or --engine, not both',
    halfTls: 'TLS takes a certificate and its key: give both --tls-cert and --tls-key',
    noSuchLimit: (given: string, names: string) =>
      `--limits knows no "${given}"; it takes off, on, or some of ${names}`,
    notRetention: (given: string) =>
      `--retain takes an age of 1s to 10 years, a number of messages, or both, such as 90d,100000, or all, not "${given}"`,
    notALimit: (given: string) => `--limits takes NAME=VALUE, such as sends-per-uid=300/10s, not "${given}"`,
    notARate: (name: string, given: string) =>
      `--limits: ${name} takes a count and a time of at most a day, such as 300/10s or 100/h, or off, not "${given}"`,
    notACount: (name: string, given: string) =>
      `--limits: ${name} takes a whole number above 0, or off, not "${given}"`,
    notANetwork: (given: string) =>
      `--trust-proxy takes addresses and networks, such as 127.0.0.1,10.0.0.0/8, not "${given}"`,
    noDataFolder: '--data takes a folder, or :memory:',
    noHome: 'this account has no home folder; say where the messages are to lie with --data',
  },

  files: {
    cannotBeRead: (what: string, why: string) => `${what} cannot be read: ${why}`,
    doesNotExist: 'it does not exist',
    noPermission: 'no permission',
    isFolder: 'it is a folder',
  },

  settings: {
    key: 'the key',
    notJson: (path: string, why: string) => `${path} is not JSON: ${why}`,
    notAnObject: (path: string, key: string | undefined) =>
      `${path}: ${key === undefined ? 'the file' : `"${key}"`} must be an object, { … }`,
    unknown: (path: string, key: string, names: string) =>
      `${path}: "${key}" is not a setting; there are ${names}, and servers`,
    notText: (path: string, key: string) => `${path}: "${key}" must be a text in double quotes`,
    badValue: (path: string, key: string, why: string) => `${path}: "${key}": ${why}`,
    keyTwice: (path: string, prefix: string) =>
      `${path}: "${prefix}key" and "${prefix}key-file" say the same thing twice; leave out one of them`,
    keyIsOpen: (path: string) =>
      `others can read the key in ${path}; make the file yours alone with: chmod 600 ${path}`,
    secret: 'set, not shown',
    none: 'none',
    fromDefault: 'default',
    fromFile: (path: string, key: string) => `${key} in ${path}`,
  },

  input: {
    nothingToSend: 'nothing to send; give the text, or - to read standard input',
    standardInput: 'standard input',
    file: (path: string) => `the file ${path}`,
    linesWithWords: '--lines sends the lines of standard input or of --file; leave out the text',
    fileWithWords: '--file is the text; leave out the words',
    tooLong: (what: string) => `${what} is too long; at most ${MAX_TEXT_BYTES} bytes fit in one message`,
    notUtf8: (what: string) => `${what} is not UTF-8 text`,
    longLine: `it is longer than ${MAX_TEXT_BYTES} bytes`,
    lineNotSent: (number: number, why: string) => `line ${number} was not sent: ${why}`,
    stoppedAtLine: (number: number, why: string) => `stopped at line ${number}; the lines before it were sent: ${why}`,
    linesNotSent: (count: number) => (count === 1 ? 'one line was not sent' : `${count} lines were not sent`),
  },

  identity: {
    noHome: 'this account has no home folder to keep an identity in; put the secret in POLL_CHAT_CLAIM',
    damaged: (path: string) =>
      `${path} holds no identity any more; bring it back with poll-chat uid import, after deleting the file`,
    none: (uid: string, url: string) =>
      `there is no identity of ${uid} for ${url}; poll-chat uid list shows those that there are`,
    notOne: 'this is not an identity; poll-chat uid export prints one',
    notAClaim: 'POLL_CHAT_CLAIM must hold 43 characters of base64url, or none',
    another: (uid: string, url: string) =>
      `there is another identity of ${uid} for ${url} already, which was kept; see poll-chat uid forget`,
    notKept: (uid: string, why: string) =>
      `No identity can be kept on this machine (${why}): what you say as ${uid} is not verified, and others can say it as well.`,
  },

  connection: {
    nobodyAnswers: (url: string, why: string) =>
      `nobody answers at ${url} (${why}). Start a server there with: poll-chat serve`,
    noUsableAnswer: (url: string, why: string) => `no usable answer from ${url}: ${why}`,
    mayHaveArrived: (sentence: string) => `${sentence}; it is unknown whether the message arrived`,
    lost: (why: string) => `connection lost (${why}); trying again`,
    again: 'connected again',
    logReplaced: (room: string, reason: string) =>
      `the log of room ${room} is another one now (${reason}); going on from its oldest message`,
    logTrimmed: (room: string) =>
      `messages of room ${room} were deleted before they could be read; going on from the oldest that is kept`,
    noSuchPlace: (reason: string) => `this room has no such place: ${reason}`,
    keyHint: (refusal: string) => `${refusal} Put the key in POLL_CHAT_KEY or --key-file.`,
    takenHint: (refusal: string) =>
      `${refusal} Choose another uid with --uid; if it is yours, see poll-chat uid --help.`,
    somethingWrong: (what: string) => `something went wrong: ${what}`,
  },

  serving: {
    serving: (url: string, join: string) => `Serving at ${url}. Join with: ${join}`,
    andTheKey: ' (and the key, in POLL_CHAT_KEY or --key-file)',
    started: (url: string, command: string) =>
      `Started a server at ${url}. Others on this machine join with: ${command} join. For other machines see: ${command} serve --help`,
    closingTookLong: 'closing took too long; the open connections were cut off',
  },
}
