/** `nats://HOST,HOST/NAME?shards=N&replicas=N`: where the cluster is, and what our data is called there. */
import { readFileSync } from 'node:fs'
import { StartError } from '../../log/start-error.ts'

/** What is said beside the URL, because it is a file's. */
export type NatsFiles = {
  /** Credentials, as `nsc` writes them (`--nats-creds`). */
  creds?: string
  /** The certificates to trust instead of the system's, in PEM (`--nats-ca`). Asks for TLS. */
  ca?: string
  /** Keeps a copy of the messages that can be searched: in this file (`--nats-index`), or without one in a folder that goes with it. */
  search?: { file?: string }
}

export type NatsAddress = {
  servers: string[]
  user: string | undefined
  pass: string | undefined
  creds: Uint8Array | undefined
  /** `false`: as the server wants it. */
  tls: false | { ca: string | undefined }
  /** Begins the names of all streams, buckets and subjects. */
  prefix: string
  /** For data that is not there yet. */
  shards: number
  replicas: number | undefined
}

/** Streams that share the rooms. Fixed once there are data: enough for a cluster of eight disks. */
const SHARDS = 8
const MAX_SHARDS = 256

const EXAMPLE = 'one looks like nats://10.0.0.1:4222,10.0.0.2:4222,10.0.0.3:4222'

/** @throws StartError when it cannot be understood */
export function readAddress(engine: string, files: NatsFiles = {}): NatsAddress {
  const [, scheme = '', userinfo, hosts = '', name = 'poll-chat', query = ''] =
    /^(nats|tls):\/\/(?:([^/?@]*)@)?([^/?@]+)(?:\/([^/?]*))?(?:\?(.*))?$/.exec(engine) ?? []
  if (!scheme) throw new StartError(`This is not the address of a NATS cluster; ${EXAMPLE}.`)
  const servers = hosts.split(',').map((host) => host.trim())
  for (const server of servers) {
    if (!URL.canParse(`http://${server}`))
      throw new StartError(`"${server}" is not the address of a server; ${EXAMPLE}.`)
  }
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(name))
    throw new StartError(`"${name}" cannot name the data; a name has 1-32 of A-Z a-z 0-9 _ -.`)
  const [user, pass] = userinfo?.split(':').map(decodeURIComponent) ?? []
  return {
    servers,
    user,
    pass,
    creds: files.creds === undefined ? undefined : readFile(files.creds, '--nats-creds'),
    tls: scheme === 'tls' || files.ca !== undefined ? { ca: files.ca && `${readFile(files.ca, '--nats-ca')}` } : false,
    prefix: name,
    ...readQuery(query),
  }
}

/** An engine's URL without its password, for logs and messages. */
export function withoutPassword(engine: string): string {
  return engine.replace(/\/\/[^/?@]*@/, '//')
}

function readQuery(query: string): { shards: number; replicas: number | undefined } {
  const parameters = new URLSearchParams(query)
  const whole = (name: string, max: number) => {
    const given = parameters.get(name)
    parameters.delete(name)
    if (given === null) return undefined
    const value = /^\d{1,4}$/.test(given) ? Number(given) : 0
    if (value < 1 || value > max) throw new StartError(`${name} is a whole number from 1 to ${max}, not "${given}".`)
    return value
  }
  const read = { shards: whole('shards', MAX_SHARDS) ?? SHARDS, replicas: whole('replicas', 5) }
  const [unknown] = parameters.keys()
  if (unknown !== undefined) throw new StartError(`An engine's address takes shards= and replicas=, not "${unknown}".`)
  return read
}

function readFile(path: string, flag: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new StartError(`The file of ${flag} cannot be read: ${cause instanceof Error ? cause.message : cause}.`, {
      cause,
    })
  }
}
