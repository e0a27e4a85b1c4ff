/** A key that signs tokens, as `GET /admin/keys` tells it. */
export type SigningKey = {
  kid: string
  alg: string
  /** revoked: taken back, because somebody else may have it; published no more */
  state: 'next' | 'current' | 'retired' | 'revoked'
  createdAt: string
  activeFrom: string | null
  retiredAt: string | null
  verifiesUntil: string | null
}

/** One running instance of idp and the keys it holds. */
export type Replica = { id: string; seenAt: string; kids: string[] }

export type Keys = {
  items: SigningKey[]
  /** 0 = never */
  rotateEveryDays: number
  nextRotationAt: string | null
  replicas: Replica[]
}
