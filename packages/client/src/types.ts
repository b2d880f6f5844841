import type {
  Batch,
  ChatError,
  Message,
  PresenceNews,
  Reset,
  RoomSummary,
  SearchAnswer,
  Sent,
  ServerInfo,
  SyncAnswer,
  UidSummary,
} from '@poll-chat/protocol'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * The part of `fetch` that the client needs. The global `fetch` fits; so do the two that this package brings for Node.
 * `body` is read only for server-sent events.
 */
export type FetchLike = (
  url: string,
  init: { method: Method; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<{
  status: number
  headers: { get(name: string): string | null }
  text(): Promise<string>
  readonly body?: ByteStream | null
}>

/** The part of a `ReadableStream` of bytes that the client needs. */
export type ByteStream = {
  getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> | undefined }> }
}

/** What was learned about the network to a server, to begin with it next time. */
export type KnownWays = { way?: 'sse' | 'ws'; waitSeconds?: number }

/** `undefined`: nothing is known, since the server ended it. Else whether it passes, and if not, why, in plain words. */
export type Verdict = { passes: true } | { passes: false; why: string } | undefined

/** Keeps what is learned about one server, wherever; it should forget after a day or so, since people move. */
export type WayMemory = { get(): KnownWays | undefined; set(known: KnownWays): void }

/** The way that is in use, and why, in plain words. */
export type ChosenWay = { way: 'poll' | 'long' | 'sse' | 'ws'; why: string }

/** The key of a private room, by what a caller calls it; nothing for a public one. */
export type RoomKeys = (room: string) => string | undefined

export type ClientOptions = {
  /** The server's address, such as `http://127.0.0.1:8787`; a path prefix is kept. */
  url: string
  /** The server's key, sent as `Authorization: Bearer`. */
  key?: string
  /**
   * The secret that proves the uid to be one's own, sent as `Poll-Chat-Claim`: 32 random bytes as base64url. The first
   * request with one for a free uid claims it. A function is asked before each request, which waits for it and throws what it
   * throws. @default none: what is sent is not verified
   */
  claim?: string | (() => Promise<string | undefined>)
  /**
   * Tells the keys of private rooms. Wherever a room is named, that is `lobby`, or `lobby!LABEL` to have several of one name: the
   * label is the caller's own, 1-64 of `A-Z a-z 0-9 _ -`, the server never sees it, and events have the room as it was named. A
   * room with a label and no key is refused here, before anything is sent. @default none: all rooms are public
   */
  roomKeys?: RoomKeys
  /** Who sends, and whose inbox is read. @default the server's `anonymous`; an inbox needs one. */
  uid?: string
  /** @default the global `fetch` */
  fetch?: FetchLike
  /** For mode `auto`. @default what is learned is forgotten with the follower */
  memory?: WayMemory
}

export type SendOptions = {
  room: string
  /** Makes the send idempotent across calls and processes. @default a new random UUID */
  id?: string
  /** How long to go on trying, in milliseconds. @default 30,000 */
  timeoutMs?: number
  signal?: AbortSignal
}

export type FollowOptions = {
  /**
   * `poll` asks every `intervalMs`; `long` keeps one hung request; `sse` reads one open answer, and `ws` a WebSocket (Node
   * from 22 and browsers have it); `auto` begins with `long` and moves to what has proved to pass. All yield the same.
   */
  mode: 'poll' | 'long' | 'sse' | 'ws' | 'auto'
  /** The cursor to go on from. @default `'0'`, the beginning; for an inbox, the place that the server remembers */
  after?: string
  /**
   * Ids of what was shown before the following began, the newest last: a log that starts over does not yield them again.
   * The newest 10,000 count.
   */
  shown?: Iterable<string>
  /** Follow the uid's inbox: every request acknowledges what was yielded before it. Only with modes `long` and `auto`. @default false */
  inbox?: boolean
  /**
   * Be seen in the room as the client's uid, and be told who else is there and who types: yields `presence`. @default false
   */
  ephemeral?: boolean
  /** `off`: be told, but not seen. Also for an inbox, whose owner is seen otherwise. */
  presence?: 'off'
  /** Pause between two polls, in milliseconds. @default 1,000 */
  intervalMs?: number
  /** How long a long poll may hang, in seconds. @default 25 */
  waitSeconds?: number
  signal?: AbortSignal
}

/**
 * How the following goes. `latencyMs`: the last measured round trip. `chosen`: the way in use, with mode `auto`. `retryAt`: when the next try is, in milliseconds of
 * `Date.now()`. `reason`: one plain sentence.
 */
export type Status =
  | { state: 'live'; latencyMs?: number; chosen?: ChosenWay }
  | { state: 'reconnecting'; retryAt: number; attempt: number; reason: string }

/**
 * What following yields. After a `reset` the following goes on from `oldest` by itself and yields what it has not
 * yielded before: a reader is told, and misses nothing.
 */
export type Follow =
  | { type: 'batch'; batch: Batch }
  | { type: 'status'; status: Status }
  | ({ type: 'reset' } & Reset)
  | { type: 'presence'; presence: PresenceNews }

export type FollowRoomsOptions = {
  /** The rooms, each with the cursor to go on from. @default `undefined`, the head of the room at the time */
  rooms: ReadonlyMap<string, string | undefined>
  /** As of `follow`. @default false */
  ephemeral?: boolean
  /** As of `follow`. */
  presence?: 'off'
  /** How long a request may hang, in seconds. @default 25 */
  waitSeconds?: number
  signal?: AbortSignal
}

/**
 * What following several rooms yields: what following one does, with the room's name, and rooms that the server refuses
 * to let one read, which are followed no further.
 */
export type RoomsFollow =
  | { type: 'batch'; room: string; batch: Batch }
  | ({ type: 'reset'; room: string } & Reset)
  | { type: 'refused'; room: string; error: ChatError }
  | { type: 'presence'; room: string; presence: PresenceNews }
  | { type: 'status'; status: Status }

export type Client = {
  readonly url: string
  /**
   * Sends one message and resolves when the server has it on disk. Repeats with the same id through lost connections,
   * restarts, 429 and 5xx until it knows.
   * @throws ChatError as the server refused it; ServerUnreachable when `timeoutMs` ran out
   */
  send(text: string, options: SendOptions): Promise<Sent>
  /**
   * Follows a room, every message once, in order, through restarts and lost answers, until `signal` aborts (then it
   * ends) or the consumer stops.
   * @throws ChatError when the server refuses for good (400, 401, 403, 404)
   */
  follow(room: string, options: FollowOptions): AsyncIterable<Follow>
  /**
   * Tries out whether a stream passes what lies between: something must come through it while it stays open, which takes
   * up to half a minute. `undefined`: the server ended it before that was known.
   */
  probe(room: string, way: 'sse' | 'ws', options?: { signal?: AbortSignal }): Promise<Verdict>
  /**
   * Follows several rooms by one hung request: every message of each once, in the order of its room. The same promises
   * as `follow`; 50 rooms at most. To follow other rooms too, begin again with the cursors of the last batches.
   * @throws ChatError when the server refuses all for good
   */
  followRooms(options: FollowRoomsOptions): AsyncIterable<RoomsFollow>
  /** What is new in several rooms, waiting up to `waitSeconds` for it. `next` is in the form of the wire. */
  sync(options: {
    rooms: ReadonlyMap<string, string | undefined>
    limit?: number
    waitSeconds?: number
    signal?: AbortSignal
  }): Promise<SyncAnswer>
  /** A page of history before a cursor, or the newest page, in index order. */
  history(room: string, options?: { before?: string; limit?: number; signal?: AbortSignal }): Promise<Batch>
  /** What comes after a cursor, at once. */
  poll(room: string, options: { after: string; limit?: number; signal?: AbortSignal }): Promise<Batch>
  /** What the uid has not read in a room, at once. `ack` first moves its place forward. */
  inbox(room: string, options?: { ack?: string; limit?: number; signal?: AbortSignal }): Promise<Batch>
  /** Who is in a room and who types, at this moment. */
  presence(room: string, options?: { signal?: AbortSignal }): Promise<PresenceNews>
  /** Says that the uid has left a room, so that it is not seen there any more; else that takes up to a minute. */
  leave(room: string, options?: { signal?: AbortSignal }): Promise<void>
  /** Says that the uid types, for `forMs` (8,000; 30,000 at most; 0: not any more) or until a message of theirs comes. */
  typing(room: string, options?: { forMs?: number; signal?: AbortSignal }): Promise<void>
  /**
   * Messages that have all words of a query, newest first: beginnings of words, or whole words in quotation marks.
   * `before`: the `next` of an earlier answer.
   */
  search(
    query: string,
    options?: { room?: string; from?: string; before?: string; limit?: number; signal?: AbortSignal },
  ): Promise<SearchAnswer>
  rooms(options?: { signal?: AbortSignal }): Promise<RoomSummary[]>
  info(options?: { signal?: AbortSignal }): Promise<ServerInfo>
  /** Claims the uid with the client's claim, or proves that it has it already. @throws ChatError `uid-taken`, `banned` */
  claim(options?: { signal?: AbortSignal }): Promise<UidSummary>
  /** For the operator, whose admin key is then the client's `key`: lets somebody else claim a uid. */
  freeUid(uid: string): Promise<UidSummary>
  /** For the operator: keeps a uid from sending and from its inboxes, or no longer. */
  banUid(uid: string, banned: boolean): Promise<UidSummary>
  /** For the operator: deletes the text of a message, and answers what is left. @throws ChatError `not-found` */
  deleteMessage(room: string, index: number): Promise<Message>
}
