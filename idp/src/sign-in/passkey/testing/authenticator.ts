import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'

/** What an authenticator, or somebody in its place, does otherwise than it should. */
export type Deviation = {
  origin?: string
  rpId?: string
  challenge?: string
  type?: string
  userVerified?: boolean
  userPresent?: boolean
  counter?: number
  userHandle?: string | null
  id?: string
  crossOrigin?: boolean
}

const flag = { userPresent: 1, userVerified: 4, attested: 64 }

/**
 * An authenticator with one passkey, written from Web Authentication Level 3 §6 and without the library that checks it, whose answers
 * can be bent.
 */
export class SoftAuthenticator {
  readonly #origin: string
  readonly #privateKey: KeyObject
  readonly #coseKey: Buffer
  readonly id = randomBytes(32).toString('base64url')
  counter = 0
  userHandle = ''
  #rpId = ''

  constructor(origin: string) {
    this.#origin = origin
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    this.#privateKey = privateKey
    // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}, RFC 9053 §7.1.1
    this.#coseKey = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ])
  }

  /** Makes its passkey. */
  create(options: PublicKeyCredentialCreationOptionsJSON, bent: Deviation = {}): Record<string, unknown> {
    this.userHandle = options.user.id
    this.#rpId = options.rp.id ?? ''
    const authData = Buffer.concat([
      this.#authData(flag.attested, bent),
      Buffer.alloc(16),
      Buffer.from([0, 32]),
      Buffer.from(bent.id ?? this.id, 'base64url'),
      this.#coseKey,
    ])
    // {"fmt": "none", "attStmt": {}, "authData": bytes}
    const attestationObject = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
      Buffer.from([authData.length]),
      authData,
    ])
    const clientDataJSON = this.#clientData('webauthn.create', options.challenge, bent).toString('base64url')
    const response = {
      clientDataJSON,
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    }
    return this.#answer(response, bent)
  }

  /** Signs a challenge with it. */
  get(options: PublicKeyCredentialRequestOptionsJSON, bent: Deviation = {}): Record<string, unknown> {
    this.counter = bent.counter ?? this.counter + 1
    const authData = this.#authData(0, bent)
    const clientData = this.#clientData('webauthn.get', options.challenge, bent)
    const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), this.#privateKey)
    const userHandle = bent.userHandle === undefined ? this.userHandle : bent.userHandle
    return this.#answer(
      {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(userHandle === null ? {} : { userHandle }),
      },
      bent,
    )
  }

  #answer(response: Record<string, unknown>, { id = this.id }: Deviation): Record<string, unknown> {
    return {
      id,
      rawId: id,
      type: 'public-key',
      response,
      clientExtensionResults: {},
      authenticatorAttachment: 'platform',
    }
  }

  #authData(flags: number, { rpId = this.#rpId, userPresent = true, userVerified = true }: Deviation): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(this.counter)
    const seen = (userPresent ? flag.userPresent : 0) | (userVerified ? flag.userVerified : 0)
    return Buffer.concat([sha256(rpId), Buffer.from([flags | seen]), counter])
  }

  #clientData(type: string, challenge: string, bent: Deviation): Buffer {
    const data = { type, challenge, origin: this.#origin, crossOrigin: false, ...bentClientData(bent) }
    return Buffer.from(JSON.stringify(data))
  }
}

function bentClientData({ type, challenge, origin, crossOrigin }: Deviation): Record<string, unknown> {
  const bent = { type, challenge, origin, crossOrigin }
  return Object.fromEntries(Object.entries(bent).filter(([, value]) => value !== undefined))
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}
