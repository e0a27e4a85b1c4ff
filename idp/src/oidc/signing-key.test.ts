import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { concatenated, SigningKey } from './signing-key.ts'

test('signs as JWS wants it, however short r and s are', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  const key = new SigningKey({ ...jwk, kid: 'k', alg: 'ES256' } as never)
  const publicKey = createPublicKey(privateKey)
  // One in 128 has an r or s with a zero byte in front.
  for (let n = 0; n < 2000; n++) {
    const data = Buffer.from(`header.${n}`)
    const signature = key.sign(data) as Buffer
    expect(signature).toHaveLength(64)
    expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
  }
})

test('pads short numbers and drops the zero that keeps a long one positive', () => {
  const long = [0x02, 0x21, 0x00, ...Array<number>(32).fill(0xff)]
  const short = [0x02, 0x02, 0x01, 0x02]
  const told = concatenated(Buffer.from([0x30, long.length + short.length, ...long, ...short]))
  expect(told.toString('hex')).toBe(`${'ff'.repeat(32)}${'00'.repeat(30)}0102`)
})
