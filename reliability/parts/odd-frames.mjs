/** What a client may say on a WebSocket: mostly right, and with everything that may be wrong about a frame (RFC 6455 §5). */
import fc from 'fast-check'

const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

const mostly = (...usual) => fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...usual) }, fc.jsonValue())

const REF = fc.oneof(fc.nat(), fc.string({ maxLength: 9 }), fc.jsonValue())
const SEND = {
  text: mostly('hello', '你好', '', 'x'.repeat(20_000)),
  uid: mostly('alice', '..'),
  id: fc.uuid(),
  ref: REF,
}
const HELLO = { key: mostly('secret'), claim: mostly('A'.repeat(43), 'x'), ref: REF }
const object = (type, fields, requiredKeys) =>
  fc.record({ type: fc.constant(type), ...fields }, { requiredKeys: ['type', ...requiredKeys] })

const ODD_TEXTS = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"type":"send"',
  '['.repeat(50_000),
  `{"type":${'['.repeat(9)}`,
  '\ufeff{}',
]

const said = fc.oneof(
  { weight: 6, arbitrary: object('send', SEND, ['text']).map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: object('hello', HELLO, []).map((value) => JSON.stringify(value)) },
  fc.record({ type: fc.jsonValue(), ...SEND, ...HELLO }).map((value) => JSON.stringify(value)),
  fc.constantFrom(...ODD_TEXTS),
  fc.string(),
)
const payload = fc.oneof(
  { weight: 30, arbitrary: said.map((text) => Buffer.from(text)) },
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.alloc(110_000, 'x')),
)

const frame = fc
  .record({
    payload,
    opcode: fc.oneof(
      { weight: 60, arbitrary: fc.constant(OPCODES.text) },
      fc.constantFrom(...Object.values(OPCODES), 0, 3, 11, 15),
    ),
    isFinal: fc.oneof({ weight: 60, arbitrary: fc.constant(true) }, fc.constant(false)),
    reserved: fc.oneof({ weight: 80, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2, 4, 7)),
    isMasked: fc.oneof({ weight: 80, arbitrary: fc.constant(true) }, fc.constant(false)),
    /** What is written beside its true length, and how much of it comes. */
    claimed: fc.oneof(
      { weight: 80, arbitrary: fc.constant(undefined) },
      fc.constantFrom(0n, 5n, 2n ** 31n, 2n ** 63n - 1n),
    ),
    comes: fc.oneof({ weight: 80, arbitrary: fc.constant(1) }, fc.constantFrom(0.5, 0)),
  })
  .map(toBytes)

/** Frames of one connection as bytes, one after the other. */
export const oddFrames = fc.array(frame, { minLength: 1, maxLength: 5 }).map((frames) => Buffer.concat(frames))

function toBytes({ payload, opcode, isFinal, reserved, isMasked, claimed, comes }) {
  const length = claimed ?? BigInt(payload.length)
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode
  const head = [
    Buffer.from([first, (isMasked ? 0x80 : 0) | (length < 126n ? Number(length) : length < 65_536n ? 126 : 127)]),
  ]
  if (length >= 126n) head.push(bigEndian(length, length < 65_536n ? 2 : 8))
  const body = Buffer.from(payload.subarray(0, Math.floor(payload.length * comes)))
  if (!isMasked) return Buffer.concat([...head, body])
  const mask = Buffer.from([1, 2, 3, 4])
  for (let i = 0; i < body.length; i++) body[i] ^= mask[i % 4]
  return Buffer.concat([...head, mask, body])
}

function bigEndian(value, bytes) {
  const all = Buffer.alloc(8)
  all.writeBigUInt64BE(value)
  return all.subarray(8 - bytes)
}
