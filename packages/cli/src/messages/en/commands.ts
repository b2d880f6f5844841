/** What `--help` says. Every example works as it stands. */

export const commands = {
  help: {
    /** What the library writes above the parts of a help. */
    titles: { 'Usage:': 'Usage:', 'Arguments:': 'Arguments:', 'Options:': 'Options:', 'Commands:': 'Commands:' },
    program: 'A chat room in a minute, from a terminal, through any network that passes a web page.',
    version: 'print the version',
    help: 'print this help',
    helpCommand: 'print the help of a command',
    start: `
Without a command it joins the server of this machine, and starts one first if there is none.

Examples:
  poll-chat                                   chat on this machine
  poll-chat join chat.example:8787 --uid ada  chat on another one
  poll-chat send "build 42 is done"           say one thing and leave
  poll-chat tail --json | jq .text            use a room in a script
  poll-chat serve --port 9000                 only serve`,
    exitCodes: `
Exit codes:
  0  done
  1  failure
  2  the command line or the text is not valid
  3  no server answers
  4  not allowed: the key is missing or wrong, or the uid is somebody else's
  5  nothing came in time (wait, ask)`,
    environment: `
Environment (a flag comes first, then the environment, then the config file):
  POLL_CHAT_SERVER  address of the server, such as chat.example:8787
  POLL_CHAT_UID     who you are
  POLL_CHAT_ROOM    the room
  POLL_CHAT_KEY     the server's key, if it has one; or POLL_CHAT_KEY_FILE, a file that holds it
  POLL_CHAT_ROOM_KEY  the key of a private room; or POLL_CHAT_ROOM_KEY_FILE, a file that holds it
  POLL_CHAT_CONFIG  another config file, see poll-chat config --help
  POLL_CHAT_MODE    auto, long, poll, sse or ws
  POLL_CHAT_NOTIFY  off, mentions or all
  POLL_CHAT_CLAIM   the secret that proves who you are, instead of the one that is kept; none acts without
  NO_COLOR          no colours`,
  },

  /** Flags that several commands have. */
  flags: {
    server: 'the server (default: "http://127.0.0.1:8787")',
    keyFile: "a file that holds the server's key",
    room: 'the room (default: "lobby")',
    roomKeyFile: 'a file that holds the key of a private room: then the room is the private one of that name and key',
    uid: 'who you are (default: your login name)',
    mode: 'auto (what passes), long (hanging requests), poll, sse (one open answer) or ws (a WebSocket) (default: "auto")',
    interval: 'pause between two polls with --mode poll (default: 1000)',
    last: (count: number) => `messages of the past to show (default: ${count})`,
    theme: 'auto, dark or light: the ground that the colours are for (default: auto, which asks the terminal)',
    notify: 'off, mentions or all: ring or notify when the window is not looked at (default: mentions)',
    mouse: 'the wheel scrolls; off leaves the mouse to the terminal, for selecting (default: on)',
    inline: "keep to the terminal's own scrollback instead of the full screen",
    plain: 'print lines and draw nothing',
    screenReader: 'print lines that are made to be read aloud',
    json: 'print JSON, one object a line',
  },

  join: {
    summary: 'chat in the terminal',
    help: `
Without a terminal, each line of standard input is sent and each message of the room is printed; it ends when the
input has ended and all of it is sent.

Examples:
  poll-chat join
  poll-chat join chat.example:8787 --uid ada --room tea
  poll-chat join --mode poll --interval 5000     through a network that cuts hanging requests
  make 2>&1 | poll-chat join --room builds       send every line`,
  },

  send: {
    summary: 'send one message',
    id: 'makes repeating safe (default: a random one)',
    file: 'send what is in a file',
    lines: 'send each line as a message, in order',
    timeout: 'how long to go on trying (default: 5)',
    json: 'print the message as the server has it',
    help: `
It prints nothing and exits with 0 once the server has the message on disk. With --id, repeating a send is safe: the
same id and text again are still one message. One newline at the end of standard input is dropped.

With --lines every line is sent as it comes, for as long as lines come; blank ones are left out. A line that cannot be
sent is named, the others are sent, and the exit code is 1. With --id ci, line 7 has the id ci-7.

Examples:
  poll-chat send "hello everybody"
  poll-chat send hello everybody
  poll-chat send -- -5 degrees                   a text that begins with a dash
  git log -1 | poll-chat send --room builds
  poll-chat send --id build-42 "build 42 is done"
  poll-chat send --file notes.txt                at most 16 KiB
  make 2>&1 | poll-chat send --lines --room builds`,
  },

  tail: {
    summary: 'print a room and follow it',
    since: 'from a place on: an index, a cursor, an age such as 2h, a time, or all',
    exec: 'run a shell command for each new message instead of printing it',
    noFollow: 'end after the last message that is there',
    notSince: (given: string) =>
      `--since takes an index, a cursor, an age such as 90s, 2h or 3d, a time such as 2026-11-24T10:00, or all; not "${given}"`,
    lastAndSince: 'give --last or --since, not both',
    execWithJson: '--exec prints nothing itself, and the command has the JSON on its standard input; leave out --json',
    noCommand: '--exec takes a shell command',
    commandFailed: (index: number, outcome: string) => `the command failed on message ${index} (${outcome})`,
    trimmed: 'what follows this place is no longer kept; going on from the oldest message that is',
    help: `
--since prints what was sent after an index or a cursor, or at a time or later; without a zone it is local time.

--exec runs the command once for each message that comes, one after the other, with the message as JSON on its standard
input and in its environment: POLL_CHAT_TEXT, POLL_CHAT_FROM, POLL_CHAT_VERIFIED (true or false), POLL_CHAT_ROOM,
POLL_CHAT_INDEX, POLL_CHAT_ID and POLL_CHAT_AT. A command that fails is named, and does not end it.
With -n or --since it runs for messages of the past as well.

Examples:
  poll-chat tail                                 the last 20 messages, then what comes
  poll-chat tail -n 0 --room builds              only what comes
  poll-chat tail -n 100 --no-follow              the last 100 messages
  poll-chat tail --json | jq -r .text            one JSON object a line
  poll-chat tail --since 2h --no-follow          what was said in the last two hours
  poll-chat tail --since 2026-11-24T10:00
  poll-chat tail --exec 'notify-send "$POLL_CHAT_FROM" "$POLL_CHAT_TEXT"'
  poll-chat tail --exec 'jq -r .at >> times.txt'`,
  },

  roomKey: {
    summary: 'make the key of a private room',
    help: `
Makes a key from random bytes, and prints it or puts it into a new file that only its owner can read.
Whoever shows the key beside a room's name is in the private room of that name; nobody else can tell that there is one.

Examples:
  poll-chat room-key team.key && poll-chat join --room team --room-key-file team.key
  POLL_CHAT_ROOM_KEY=$(poll-chat room-key) poll-chat send --room once "hi"`,
    exists: (file: string) => `${file} is there already and was left as it is; choose another name`,
    cannotBeWritten: (file: string, why: string) => `${file} cannot be written: ${why}`,
  },

  rooms: {
    summary: 'list the rooms of a server',
    help: `
Prints when each room was last active, and its name, the most recently active first.

Examples:
  poll-chat rooms
  poll-chat rooms --json | jq -r .room`,
  },

  who: {
    summary: 'list who is in a room',
    typing: ' (typing)',
    tooMany: (room: string, count: number) => `${count} people are in room ${room}, too many to list`,
    help: `
Prints the uid of everybody who follows the room under a name just now, one a line. Scripts that follow it are not shown.

Examples:
  poll-chat who
  poll-chat who --room tea --json | jq -r .uid`,
  },

  search: {
    summary: 'find messages by their words',
    room: 'only in this room (default: all)',
    from: 'only what this uid said',
    last: 'messages to find at most (default: 20)',
    help: `
Prints the messages that have all words, the newest first. A word finds what begins with it, in any case and without
accents; words in quotation marks stand as they are, one after the other. Chinese, Japanese and Korean text is found by
any characters that follow one another.

Examples:
  poll-chat search deploy
  poll-chat search '"build failed"' --room builds -n 100
  poll-chat search 天气 --from ada
  poll-chat search deploy --json | jq -r .text`,
  },

  history: {
    summary: 'print messages of the past',
    before: 'only what stands before a cursor or an index',
    all: 'everything, from the oldest message on',
    notACursor: (given: string) => `"${given}" is not a cursor; one is an index, or what an answer has as "next"`,
    lastAndAll: 'give --last or --all, not both',
    help: `
Prints in the order of the room and ends. With --all it reads page by page, so that a room of any size takes no memory.

Examples:
  poll-chat history                              the last 20 messages
  poll-chat history --before 100 -n 50           the 50 before the message with index 100
  poll-chat history --all --json > lobby.jsonl   the whole room`,
  },

  wait: {
    summary: 'wait for a message',
    match: 'a regular expression that the text must match (as JavaScript has them, with the flags u and m)',
    ignoreCase: 'match upper and lower case alike',
    from: 'only messages of this uid; may be given several times',
    verified: 'only messages whose sender the server has proof of',
    timeout: 'how long to wait; 0 is without end (default: 60)',
    matchMissing: 'say what to wait for with --match',
    badPattern: (pattern: string, why: string) => `"${pattern}" is not a regular expression: ${why}`,
    waiting: (room: string) => `waiting for a message in ${room}`,
    tooSlow: (index: number) => `message ${index} takes the pattern too long, and counts as no match`,
    timeIsUp: (seconds: number) => `no such message within ${seconds} s`,
    help: `
Prints the first message after now that matches, and exits with 0; with 5 when the time is up. No message is missed from
the moment on that it says on standard error that it waits, whatever happens to the connection.

Examples:
  poll-chat wait --match 'build 42 (done|failed)'
  poll-chat wait --match '^go$' -i --from ada --from bob --timeout 3600
  poll-chat wait --match . --room builds --json | jq -r .text     any message`,
  },

  ask: {
    summary: 'ask a question and wait for the answer',
    choices: 'what may be answered, between commas (default: "yes,no")',
    from: 'only answers of this uid; may be given several times',
    timeout: 'how long to wait; 0 is without end (default: 300)',
    confirm: 'say in the room which answer was taken',
    json: 'print the choice and the whole answer as JSON',
    noQuestion: 'there is no question; give it as text',
    emptyChoice: (given: string) => `--choices has an empty choice: "${given}"`,
    choiceTwice: (given: string) => `--choices has a choice twice: "${given}"`,
    taken: (choice: string, uid: string) => `Taken: ${choice} (${uid})`,
    timeIsUp: (seconds: number) => `no answer within ${seconds} s`,
    help: `
Sends the question with its choices, prints the one that is answered first, and exits with 0; with 5 when the time is up.
An answer names exactly one of the choices as a word, in upper or lower case, and is somebody else's: a script should have
a uid of its own.

Examples:
  poll-chat ask "Deploy 42?" --uid ci
  poll-chat ask "Which one?" --choices red,green,blue --timeout 60
  test "$(poll-chat ask 'Deploy?' --uid ci --from ada --confirm)" = yes && echo deploying`,
  },

  uid: {
    summary: 'keep and move your identities',
    list: 'print your identities, without their secrets',
    export: 'print one, secret and all, as one line of JSON',
    import: 'keep one that was exported, from a file or standard input',
    forget: 'delete one from this machine',
    help: `
When you first join a server in the terminal, your uid becomes yours there: a random secret proves it, which is kept on
this machine, for you alone. From then on nobody else can speak as you or read what is for you. What you say is marked
as verified; the names of others, who prove nothing, are shown with a ~ before them. send, ask and pipes use the one
that is there, and make none: a script in a throwaway container would lock itself out. An identity that is forgotten
everywhere is lost; the operator of the server can free the uid.

Examples:
  poll-chat uid list
  poll-chat uid export --uid ada > ada.json                    keep it as you would keep a password
  poll-chat uid export | ssh laptop poll-chat uid import       be the same on another machine
  poll-chat uid import ada.json --server chat.example:8787     where this machine calls the server so
  poll-chat uid forget --uid ada`,
  },

  admin: {
    summary: 'operate a server',
    keyFile: "a file that holds the operator's key",
    data: 'where the server keeps its data (default: the data folder of your account)',
    free: 'let somebody else claim a uid',
    ban: 'keep a uid from sending, and from its inbox',
    unban: 'lift a ban',
    delete: 'delete a message: its text is gone for good, its place stays',
    deleted: (index: number, room: string, uid: string) => `message ${index} of ${uid} in ${room} is deleted`,
    notAnIndex: (given: string) => `"${given}" is not the index of a message; "poll-chat history --json" shows them`,
    noKey:
      'no admin key is known here; say where with --admin-key-file, POLL_CHAT_ADMIN_KEY, or --data with the folder of the server',
    help: `
On the machine of the server, and as its user, nothing has to be set up: the server keeps an admin key beside its
database.

Examples:
  poll-chat admin free ada                       who lost an identity can claim the uid again
  poll-chat admin ban troll
  poll-chat admin unban troll --data /srv/chat
  poll-chat admin delete lobby 4711              "poll-chat search --json" shows the index
  poll-chat admin ban troll --server https://chat.example --admin-key-file admin.key`,
  },

  backup: {
    summary: 'copy the whole log of a server into a file, while it is in use',
    force: 'replace the file',
    exists: (path: string) => `${path} is there already; name another file, or replace it with --force`,
    done: (path: string, messages: number, rooms: number) => `${path}: ${messages} messages in ${rooms} rooms`,
    notWritten: (path: string, why: string) => `${path} could not be written: ${why}`,
    refused: (detail: string) => `the server made no copy: ${detail}`,
    help: `
The copy is checked before the file gets its name. To restore it, stop the server and put it in place of poll-chat.db,
without the files poll-chat.db-wal and poll-chat.db-shm of before. The admin key is found as "poll-chat admin" finds it.

Examples:
  poll-chat backup chat.db
  poll-chat backup chat.db --force --data /srv/chat
  poll-chat backup chat.db --server https://chat.example --admin-key-file admin.key`,
  },

  export: {
    summary: 'write the whole log into a file that any engine can import',
    nothingThere: (path: string) => `there is no log at ${path}; say where it is with --data or --engine`,
    done: (path: string, messages: number, rooms: number) => `${path}: ${messages} messages in ${rooms} rooms`,
    help: `
Rooms, messages, inboxes, claims and bans, as JSON Lines with a checksum; "-" writes to standard output. A log on this
machine must not be in use: stop its server, or export a copy that "poll-chat backup" has made (--engine
sqlite:copy.db). One in NATS may be in use; what is sent meanwhile may be missing.

Examples:
  poll-chat export chat.jsonl
  poll-chat export chat.jsonl --data /srv/chat
  poll-chat export - --engine nats://10.0.0.1,10.0.0.2,10.0.0.3 | zstd > chat.jsonl.zst`,
  },

  import: {
    summary: 'put an exported log into an engine',
    needsFile: 'the file is read several times, so it cannot come from standard input; save it first',
    steps: {
      check: 'checking the file, and what is there already',
      write: 'writing what is missing',
      compare: 'comparing all of it',
    },
    done: (messages: number, rooms: number, added: number) =>
      `${messages} messages in ${rooms} rooms are there, ${added} of them new`,
    newIndexes:
      'here messages have other indexes than before, in the same order: readers whose cursor is from before are told so, and inboxes stand where they stood',
    help: `
Nothing is written before the whole file is found undamaged and to fit to what is there: an empty place, or one that
has a part of the same log. So an import that was interrupted is done again and goes on. In the end all is compared.
Ids, senders, times and order are kept. SQLite keeps indexes too; in NATS messages get others.

Examples:
  poll-chat import chat.jsonl --data /srv/chat
  poll-chat import chat.jsonl --engine nats://10.0.0.1,10.0.0.2,10.0.0.3`,
  },

  serve: {
    summary: 'run a server',
    port: 'the port to listen on; 0 takes a free one (default: 8787)',
    host: 'the address to listen on (default: "127.0.0.1")',
    data: 'where the messages lie, or :memory: (default: the data folder of your account)',
    engine: 'a NATS JetStream cluster that holds the messages instead: nats://host,host,host',
    natsCreds: 'a file with the credentials for NATS',
    natsCa: 'a file with the certificates to trust for NATS over TLS',
    natsIndex: 'a file to keep the index for searching a NATS log in (default: made anew at each start)',
    logLevel: 'silent, error, warn, info or debug (default: warn at a terminal, else info)',
    threads: 'HTTP threads over the one log (default: 1)',
    lane: 'answer plain polls and sends on a short cut; off is the same, slower (default: on)',
    retain: 'what is kept of each room: an age, a number of messages, or both, as 90d,100000 (default: all)',
    limits: 'what one client may ask for: on, off, or figures such as sends-per-uid=300/10s (default: on)',
    tlsCert: 'speak TLS with this certificate, a PEM file; read anew on SIGHUP',
    tlsKey: 'the private key of the certificate, a PEM file',
    trustProxy: "proxies whose word about a client's address is taken, such as 127.0.0.1,10.0.0.0/8",
    keyFile: 'a file that holds the key',
    adminKeyFile: "a file that holds the operator's key (default: made, beside the database)",
    open: 'serve without a key on an address that others can reach',
    help: `
The server listens on this machine alone unless --host says otherwise, and then it wants a key. Whoever has the key
may read and send. It is never given on the command line, which every user of the machine can read.

Examples:
  poll-chat serve
  poll-chat serve --port 9000 --data /srv/chat
  poll-chat serve --data :memory:                              keep nothing
  POLL_CHAT_KEY=some-long-secret poll-chat serve --host 0.0.0.0
  poll-chat serve --host 0.0.0.0 --key-file /etc/poll-chat.key
  poll-chat serve --host 0.0.0.0 --open                        everybody who reaches it may read and send
  poll-chat serve --engine nats://10.0.0.1,10.0.0.2,10.0.0.3   one of several servers on one NATS cluster
  poll-chat serve --retain 90d                                 forget what is older than 90 days
  poll-chat serve --limits sends-per-uid=10/s,waiters-per-address=50
  poll-chat serve --trust-proxy 127.0.0.1                      behind a proxy on this machine

Environment (a flag comes first):
  POLL_CHAT_KEY          the key that everybody must have
  POLL_CHAT_ADMIN_KEY    the operator's key
  POLL_CHAT_ENGINE       the NATS cluster
  POLL_CHAT_RETAIN       as --retain
  POLL_CHAT_LIMITS       as --limits
  POLL_CHAT_TRUST_PROXY  as --trust-proxy
  POLL_CHAT_TLS_CERT     as --tls-cert
  POLL_CHAT_TLS_KEY      as --tls-key

SIGTERM and SIGINT end it with exit code 0; a second one ends it at once.`,
  },

  config: {
    summary: 'show the settings in force and where they come from',
    notPath: (given: string) => `there is no config ${given}; there are poll-chat config and poll-chat config path`,
    json: 'print the settings as one JSON object',
    help: `
Prints each setting, its value and its origin; a key is never printed. "config path" prints where the config file is:
poll-chat/config.json in $XDG_CONFIG_HOME, which is ~/.config unless it is set. It is JSON, and may have comments:

  {
    "uid": "ada",
    "server": "work",
    "servers": {
      "work": { "server": "https://chat.example", "key-file": "work.key", "room": "ops" },
      "http://127.0.0.1:8787": { "room": "notes" }
    }
  }

Settings: server, room, uid, mode, notify, theme, key-file and key. What stands under "servers" holds with that server only, which may be
called by the name it has there: poll-chat join work. A key outside of "servers" is for the "server" beside it alone. A
file with a key in it must be readable by you alone (chmod 600).

Examples:
  poll-chat config
  poll-chat config --server chat.example --json
  poll-chat config path`,
  },

  complete: {
    summary: 'print a script that completes commands in your shell',
    notAShell: (shells: string) => `say for which shell: ${shells}`,
    help: `
Completes commands, flags, modes, the rooms of the server in force and the servers of the config file.

Examples:
  source <(poll-chat complete bash)              in ~/.bashrc
  source <(poll-chat complete zsh)               in ~/.zshrc, after compinit
  poll-chat complete fish | source               in ~/.config/fish/config.fish`,
  },
}
