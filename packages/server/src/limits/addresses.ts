/** Whose a request is, as far as limits go: an address of the network, or this machine itself. */
import { BlockList, isIP, isIPv6 } from 'node:net'

/** The key of all who are on this machine. */
export const LOCAL = 'local'

/** What proxies say of where a request came from: `X-Forwarded-For`, and `Forwarded` (RFC 7239). */
export type Forwarded = { list: string | undefined; forwarded: string | undefined }

export const NOT_FORWARDED: Forwarded = { list: undefined, forwarded: undefined }

export function readForwarded(header: (name: string) => string | undefined): Forwarded {
  return { list: header('X-Forwarded-For'), forwarded: header('Forwarded') }
}

/** The proxies whose word is taken. Everybody else can write any header, so nobody else's is. */
export class TrustedProxies {
  readonly #list = new BlockList()
  readonly isEmpty: boolean

  /** @param addresses valid addresses and networks: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8` */
  constructor(addresses: readonly string[]) {
    this.isEmpty = addresses.length === 0
    for (const one of addresses) {
      const [address = '', prefix] = one.split('/')
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      if (prefix === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(prefix), family)
    }
  }

  has(address: string): boolean {
    if (this.isEmpty) return false
    const peer = plain(address)
    return this.#list.check(peer, isIPv6(peer) ? 'ipv6' : 'ipv4')
  }

  /**
   * The key of who asks. Behind a trusted proxy it is the right-most address that is none: what stands left of it was
   * written by that client. Where the two headers disagree, one of them came through untouched, and neither is taken.
   */
  keyOf(remote: string | undefined, { list, forwarded }: Forwarded): string {
    if (remote === undefined) return LOCAL
    const peer = plain(remote)
    if (!this.has(peer)) return isLoopback(peer) ? LOCAL : network(peer)
    if (list === undefined && forwarded === undefined) return isLoopback(peer) ? LOCAL : network(peer)
    const clients = [list && addressesOf(list), forwarded && forOf(forwarded)].flatMap((hops) =>
      hops === undefined || hops === '' ? [] : [network(this.#client(peer, hops))],
    )
    const [client] = clients
    return client !== undefined && clients.every((other) => other === client) ? client : network(peer)
  }

  #client(peer: string, hops: readonly (string | undefined)[]): string {
    let client = peer
    for (const hop of hops.toReversed()) {
      if (hop === undefined) return client
      client = hop
      if (!this.has(hop)) return client
    }
    return client
  }
}

/** Right to left the last hop comes first; one that is no address ends what can be believed. */
function addressesOf(list: string): (string | undefined)[] {
  return list.split(',').map(addressIn)
}

function forOf(forwarded: string): (string | undefined)[] {
  return forwarded.split(',').map((element) => addressIn(/(?:^|;)\s*for=("?)([^";,]*)\1/i.exec(element)?.[2] ?? ''))
}

/** `1.2.3.4`, `1.2.3.4:567`, `[::1]:567`, `::1`. */
function addressIn(hop: string): string | undefined {
  const bare = hop.trim()
  const address = /^\[(.*)\](?::\d{1,5})?$/.exec(bare)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(bare)?.[1] ?? bare
  return isIP(address) === 0 ? undefined : plain(address)
}

/** IPv4 as such, also where a socket of both families writes it as IPv6. */
function plain(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return mapped?.[1] ?? address
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** IPv6 by /64: that is what one customer has, with 2^64 addresses to choose from. */
function network(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
