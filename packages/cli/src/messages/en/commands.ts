/** What `--help` says. Every example works as it stands: a test runs them all. */

export const commands = {
  help: {
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
  4  not allowed: the key is missing or wrong`,
    environment: `
Environment (a flag comes first):
  POLL_CHAT_SERVER  address of the server, such as chat.example:8787
  POLL_CHAT_UID     who you are
  POLL_CHAT_ROOM    the room
  POLL_CHAT_KEY     the server's key, if it has one
  POLL_CHAT_MODE    long, poll, sse or ws
  NO_COLOR          no colours`,
  },

  /** Flags that several commands have. */
  flags: {
    server: 'the server (default: "http://127.0.0.1:8787")',
    keyFile: "a file that holds the server's key",
    room: 'the room (default: "lobby")',
    uid: 'who you are (default: your login name)',
    mode: 'long (hanging requests), poll, sse (one open answer) or ws (a WebSocket) (default: "long")',
    interval: 'pause between two polls with --mode poll (default: 1000)',
    last: (count: number) => `messages of the past to show (default: ${count})`,
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
    timeout: 'how long to go on trying (default: 5)',
    json: 'print the message as the server has it',
    help: `
It prints nothing and exits with 0 once the server has the message on disk. With --id, repeating a send is safe: the
same id and text again are still one message. One newline at the end of standard input is dropped.

Examples:
  poll-chat send "hello everybody"
  poll-chat send hello everybody
  poll-chat send -- -5 degrees                   a text that begins with a dash
  git log -1 | poll-chat send --room builds
  poll-chat send --id build-42 "build 42 is done"`,
  },

  tail: {
    summary: 'print a room and follow it',
    noFollow: 'end after the last message that is there',
    help: `
Examples:
  poll-chat tail                                 the last 20 messages, then what comes
  poll-chat tail -n 0 --room builds              only what comes
  poll-chat tail -n 100 --no-follow              the last 100 messages
  poll-chat tail --json | jq -r .text            one JSON object a line`,
  },

  serve: {
    summary: 'run a server',
    port: 'the port to listen on; 0 takes a free one (default: 8787)',
    host: 'the address to listen on (default: "127.0.0.1")',
    data: 'where the messages lie, or :memory: (default: the data folder of your account)',
    logLevel: 'silent, error, warn, info or debug (default: warn at a terminal, else info)',
    threads: 'HTTP threads over the one log (default: 1)',
    lane: 'answer plain polls on a short cut; off is the same, slower (default: on)',
    keyFile: 'a file that holds the key',
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

Environment (a flag comes first):
  POLL_CHAT_KEY  the key that everybody must have

SIGTERM and SIGINT end it with exit code 0; a second one ends it at once.`,
  },
}
