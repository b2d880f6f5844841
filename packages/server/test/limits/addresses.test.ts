import { describe, expect, it } from 'vitest'
import { TrustedProxies } from '../../src/limits/addresses.ts'

const none = { list: undefined, forwarded: undefined }
const list = (hops: string) => ({ list: hops, forwarded: undefined })
const forwarded = (header: string) => ({ list: undefined, forwarded: header })

describe('whose a request is', () => {
  const nobody = new TrustedProxies([])

  it.each([
    ['127.0.0.1', 'local'],
    ['127.9.9.9', 'local'],
    ['::1', 'local'],
    ['::ffff:127.0.0.1', 'local'],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s is %s', (remote, key) => expect(nobody.keyOf(remote, none)).toBe(key))

  it('is what the socket says, whatever a client writes', () => {
    expect(nobody.keyOf('192.0.2.7', list('198.51.100.1'))).toBe('192.0.2.7')
    expect(nobody.keyOf('127.0.0.1', forwarded('for=198.51.100.1'))).toBe('local')
  })
})

describe('behind trusted proxies', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8:f::/48'])

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['203.0.113.9, 198.51.100.1, 10.1.1.1', '198.51.100.1'],
    ['198.51.100.1:4711', '198.51.100.1'],
    ['[2001:db8::1]:99,2001:db8:f::2', '2001:db8:0:0::/64'],
    ['127.0.0.9', '127.0.0.9'],
    ['10.0.0.2, 10.0.0.3', '10.0.0.2'],
    ['198.51.100.1, nonsense', '127.0.0.1'],
    ['nonsense, 10.0.0.3', '10.0.0.3'],
    ['', '127.0.0.1'],
  ])('X-Forwarded-For: %s is %s', (hops, key) => expect(proxies.keyOf('127.0.0.1', list(hops))).toBe(key))

  it.each([
    ['for=198.51.100.1', '198.51.100.1'],
    ['for=203.0.113.9, for=198.51.100.1;proto=https;by=10.0.0.1', '198.51.100.1'],
    ['proto=https;For="[2001:db8::1]:4711"', '2001:db8:0:0::/64'],
    ['for=203.0.113.9, for=_hidden', '127.0.0.1'],
    ['for=203.0.113.9, for=unknown, for=10.0.0.3', '10.0.0.3'],
  ])('Forwarded: %s is %s', (header, key) => expect(proxies.keyOf('127.0.0.1', forwarded(header))).toBe(key))

  it('two headers count if they agree; else one of them is the client’s own', () => {
    const both = { list: '198.51.100.1', forwarded: 'for=198.51.100.1' }
    expect(proxies.keyOf('10.0.0.1', both)).toBe('198.51.100.1')
    expect(proxies.keyOf('10.0.0.1', { ...both, forwarded: 'for=203.0.113.9' })).toBe('10.0.0.1')
  })

  it('a proxy that forwards nothing asks for itself', () => {
    expect(proxies.keyOf('127.0.0.1', none)).toBe('local')
    expect(proxies.keyOf('10.0.0.1', none)).toBe('10.0.0.1')
  })

  it('others are not believed', () => expect(proxies.keyOf('192.0.2.7', list('198.51.100.1'))).toBe('192.0.2.7'))
})
