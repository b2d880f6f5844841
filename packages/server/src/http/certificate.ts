/** The certificate that a server shows, from its files. What is wrong with them is said in one sentence. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { StartError } from '../log/start-error.ts'

/** Paths of PEM files: the certificate with those that vouch for it behind, and its private key. */
export type TlsFiles = { cert: string; key: string }

/** What Node's servers take. TLS 1.0 and 1.1 are broken (RFC 8996). */
export type Certificate = { cert: string; key: string; minVersion: 'TLSv1.2' }

/** @throws StartError */
export function readCertificate(files: TlsFiles): Certificate {
  const cert = readFile(files.cert, 'certificate')
  const key = readFile(files.key, 'key')
  const own = parse(() => new X509Certificate(cert), `${files.cert} holds no certificate in PEM.`)
  if (!own.checkPrivateKey(privateKey(key, files.key)))
    throw new StartError(`The key ${files.key} does not belong to the certificate ${files.cert}.`)
  if (own.validToDate.getTime() < Date.now())
    throw new StartError(`The certificate ${files.cert} is out of date since ${own.validTo}.`)
  const certificate = { cert, key, minVersion: 'TLSv1.2' } as const
  parse(() => createSecureContext(certificate), `The certificate ${files.cert} cannot be used.`)
  return certificate
}

function privateKey(pem: string, path: string): KeyObject {
  if (/ENCRYPTED/.test(pem))
    throw new StartError(`The key ${path} is encrypted; store it without a passphrase, mode 0600.`)
  return parse(() => createPrivateKey(pem), `${path} holds no private key in PEM.`)
}

function readFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'no permission' : String(code ?? error)
    throw new StartError(`The ${what} ${path} cannot be read: ${why}.`, { cause: error })
  }
}

function parse<T>(read: () => T, fault: string): T {
  try {
    return read()
  } catch (cause) {
    throw new StartError(fault, { cause })
  }
}
