/** Longest text of one message, in bytes of UTF-8. Four screens of text; a file belongs elsewhere. */
export const MAX_TEXT_BYTES = 16 * 1024

/** Longest uid or room name, in characters (code points) after NFC normalisation. */
export const MAX_NAME_CHARACTERS = 64

/** Longest message id, in characters. A UUID has 36; scripts may use names of their own. */
export const MAX_ID_CHARACTERS = 64

/** Largest request body, in bytes. JSON may write each byte of the text as six (`\u0001`), plus the envelope. */
export const MAX_BODY_BYTES = 6 * MAX_TEXT_BYTES + 4 * 1024

/** Longest URL, in bytes. The classic sends carry the text in it, each byte as three (`%E4`). */
export const MAX_URL_BYTES = 3 * MAX_TEXT_BYTES + 2 * 1024

/** Largest request head, URL included, in bytes. What is over it never reaches the application (431). */
export const MAX_HEAD_BYTES = MAX_URL_BYTES + 14 * 1024

/** Most header fields of one request (431): each costs more than its bytes, and clients have some dozen. */
export const MAX_HEADERS = 1000

/** Messages in one batch: without a `limit`, and at most. */
export const DEFAULT_BATCH = 100
export const MAX_BATCH = 500

/**
 * Text in one batch, in UTF-16 units; a message more than that would be alone. JSON makes six bytes of one at worst: so much is kept of
 * an answer until its reader has taken it, and what does not fit comes with the next.
 */
export const MAX_BATCH_CHARACTERS = 128 * 1024

/** News of one sync, in characters of JSON. Rooms that would make it longer are told the next time. */
export const MAX_SYNC_CHARACTERS = 1024 * 1024

/** How long a client lets a long poll hang unless told otherwise, in seconds. RFC 6202 §5.5: proxies cut at 30-60 s. */
export const DEFAULT_WAIT_SECONDS = 25

/** Longest a long poll may hang, in seconds. Just under the 60 s at which nginx and most load balancers cut. */
export const MAX_WAIT_SECONDS = 55

/** How long the classic `/get/message` hangs, in seconds, as the original system does. */
export const CLASSIC_WAIT_SECONDS = 10

/** Rooms in one list, most recently active first. */
export const MAX_ROOMS_LISTED = 500

/** How long the head of a request may take to arrive from its first byte, and its body from then on, in seconds. */
export const HEAD_SECONDS = 10
export const BODY_SECONDS = 30

/** How long an idle connection is kept, in seconds. More than load balancers keep theirs (60 s), so that they close first. */
export const KEEP_ALIVE_SECONDS = 75

/** The room of the classic endpoints, and of everybody who names none. */
export const DEFAULT_ROOM = 'lobby'

/** The sender of a message that names none. */
export const ANONYMOUS_UID = 'anonymous'

/** Where a server listens unless told otherwise. */
export const DEFAULT_PORT = 8787

/** Polls that may hang at once. One more is answered at once, as a short poll: a slower chat is better than none. */
export const MAX_WAITERS = 50_000

/** Sends that may be on their way to the disk at once. One more gets 503 and how long to wait: the disk is not keeping up. */
export const MAX_PENDING_APPENDS = 10_000

/** Longest a message may wait, under a burst, to be shown together with others, in milliseconds. A lone one never waits. */
export const MAX_WAKE_DELAY_MS = 25

/** Pause after which a silent event stream gets a comment, in seconds: well under what proxies cut and homes forget (30-60 s). */
export const EVENTS_HEARTBEAT_SECONDS = 20

/** The same for a WebSocket: a ping, and a frame that pages can see. */
export const SOCKET_HEARTBEAT_SECONDS = 25

/**
 * Longest life of a stream, in minutes; each gets a random one of at least half of that. Proxies keep their memory, what
 * changed about access takes effect, and a restart of the server looks like any other end.
 */
export const MAX_STREAM_MINUTES = 10

/** How long a reader of a stream may take to receive one batch, in seconds. One that is slower is cut and resumes from its cursor. */
export const SLOW_READER_SECONDS = 30

/** How long a WebSocket may take to show what it may read, in seconds. */
export const HELLO_SECONDS = 10

/** Largest frame that a WebSocket may send, in bytes: a body as in `MAX_BODY_BYTES`, and what says what it is. */
export const MAX_FRAME_BYTES = MAX_BODY_BYTES + 1024

/** Rooms in one sync. More than anybody follows at once, and each costs a waiter. */
export const MAX_SYNC_ROOMS = 50

/** At most `count` in `seconds`, counted from the first. */
export type Rate = { count: number; seconds: number }

/**
 * How often something may happen, per uid, per address (IPv6: per /64) and in all. By default they hold for the network
 * and not for the machine itself: its scripts, tests and benchmarks are its owner's affair.
 */
export const RATES = {
  /** 30 a second: a person needs one, and the log of a build passes in one piece. */
  'sends-per-uid': { count: 300, seconds: 10 },
  /** A company or a school has one address, and all its people may write at once. */
  'sends-per-address': { count: 1_000, seconds: 10 },
  /** More than one disk commits; a bound for what a crowd of addresses can pile up. */
  sends: { count: 200_000, seconds: 10 },
  /** Each inbox opened is a row that stays. 200 people may arrive from one address in an hour. */
  'uids-per-address': { count: 200, seconds: 3_600 },
  uids: { count: 20_000, seconds: 3_600 },
  /** Each room stays too. Bots make one a build; nobody makes two a minute for an hour. */
  'rooms-per-address': { count: 100, seconds: 3_600 },
  rooms: { count: 5_000, seconds: 3_600 },
  /** A person mistypes a few times. At 30 a minute a key of 24 random bytes is safe for ever, a word for days. */
  'wrong-keys-per-address': { count: 30, seconds: 60 },
} as const satisfies Record<string, Rate>

/** The one rate that holds for the machine itself too: whoever guesses there shares a proxy or a tunnel with others. */
export const LOCAL_WRONG_KEYS: Rate = { count: 1_000, seconds: 60 }

/** How much of something there may be at once. Those per address hold for the network, as the rates do. */
export const COUNTS = {
  /** 500 people behind one address hang in a poll; the others of them are answered at once and come back. */
  'waiters-per-address': 500,
  waiters: MAX_WAITERS,
  /** Two for each of those. An address that opens more is no browser and no crowd. */
  'connections-per-address': 1_000,
  /** More than the waiters, so that whoever is one too many to wait can still be answered. */
  connections: MAX_WAITERS + 10_000,
  /** What is kept of answers that their readers do not take, in all. Then those are cut off for whom most is kept. */
  'unsent-megabytes': 256,
} as const satisfies Record<string, number>

export type RateName = keyof typeof RATES
export type CountName = keyof typeof COUNTS

/** When to ask again, told to a poll that found no room to wait in, in milliseconds. */
export const FULL_RETRY_MS = 5_000
/** How long somebody is taken to be in a room beyond the wait of a poll or the heartbeat of a stream, in seconds. */
export const PRESENCE_GRACE_SECONDS = 30

/** How long somebody types after saying so: unless told otherwise, and at most, in seconds. */
export const TYPING_SECONDS = 8
export const MAX_TYPING_SECONDS = 30

/** Pause between two times that a room's readers are told who came, left or types, in seconds; and in a large room. */
export const PRESENCE_WAKE_SECONDS = 2
export const PRESENCE_LARGE_WAKE_SECONDS = 15

/** People of a room that are listed; of more only the number is told. And of those who type. */
export const MAX_LISTED_PEOPLE = 200
export const MAX_TYPING_LISTED = 10

/** People that are remembered of one room, and of all: about 20 MB. Who comes beyond is not counted. */
export const MAX_ROOM_PEOPLE = 10_000
export const MAX_PEOPLE = 100_000

/** Longest query of a search, in characters, and messages in its answer: without a `limit`, and at most. */
export const MAX_QUERY_CHARACTERS = 200
export const DEFAULT_FOUND = 20
export const MAX_FOUND = 100

/** Searches that may be under way at once. Each may hold up the log for a tenth of a second. */
export const MAX_SEARCHES = 8
