import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface TestCertificate {
  cert: string
  key: string
}

/** An authority of a test: its certificate, and what it issues. Nothing of it outlives the test. */
export interface TestAuthority extends TestCertificate {
  /** @param days how long it is valid from now; negative = it has expired so many days ago */
  issue(name: string, days?: number): TestCertificate
}

/** X.509 version 3 as of RFC 5280, written here so that tests need no program for it. */
export function createAuthority(name: string): TestAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cert = certificate({ subject: name, issuer: name, publicKey, signer: privateKey, days: 30, authority: true })
  return {
    cert,
    key: pem(privateKey),
    issue(subject, days = 30) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const signed = { subject, issuer: name, publicKey: own.publicKey, signer: privateKey, days, authority: false }
      return { cert: certificate(signed), key: pem(own.privateKey) }
    },
  }
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

function certificate(of: {
  subject: string
  issuer: string
  publicKey: KeyObject
  signer: KeyObject
  days: number
  authority: boolean
}): string {
  const day = 86_400_000
  const end = Date.now() + of.days * day
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  const extensions = [
    sequence(
      oid('2.5.29.19'),
      primitive(0x01, [0xff]),
      octets(sequence(...(of.authority ? [primitive(0x01, [0xff])] : []))),
    ),
    ...(of.authority ? [] : [sequence(oid('2.5.29.17'), octets(sequence(primitive(0x82, Buffer.from(of.subject)))))]),
  ]
  const body = sequence(
    wrap(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(8)),
    algorithm,
    nameOf(of.issuer),
    sequence(time(Math.min(Date.now(), end) - day), time(end)),
    nameOf(of.subject),
    of.publicKey.export({ type: 'spki', format: 'der' }),
    wrap(0xa3, sequence(...extensions)),
  )
  const der = sequence(body, algorithm, bits(sign('sha256', body, of.signer)))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function wrap(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const { length } = body
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), body])
}

const primitive = (tag: number, bytes: Buffer | number[]): Buffer => wrap(tag, Buffer.from(bytes))
const sequence = (...parts: Buffer[]): Buffer => wrap(0x30, ...parts)
const octets = (bytes: Buffer): Buffer => primitive(0x04, bytes)
const bits = (bytes: Buffer): Buffer => primitive(0x03, Buffer.concat([Buffer.from([0]), bytes]))
// The highest bit would make it negative.
const integer = (bytes: Buffer): Buffer =>
  primitive(0x02, Buffer.concat([Buffer.from([bytes[0] as number & 0x7f]), bytes.subarray(1)]))
const nameOf = (text: string): Buffer =>
  sequence(wrap(0x31, sequence(oid('2.5.4.3'), primitive(0x0c, Buffer.from(text)))))

function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '')
  return primitive(0x17, Buffer.from(digits.slice(2)))
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...others] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of others) {
    const groups = [arc & 0x7f]
    for (let rest = arc >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return primitive(0x06, bytes)
}
