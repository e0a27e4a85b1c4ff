import { Problem } from '@atrium/platform/problem'
import { type Algorithm, hash, verify } from '@node-rs/argon2'
import { limitedQueue } from './limited-queue.ts'

/** OWASP's parameters for Argon2id, as a hash names them: 19 MiB, 2 passes, 1 lane. */
export const usualCost = 'm=19456,t=2,p=1'

let parameters = argon2id(usualCost)
let encodedParameters = `$argon2id$v=19$${usualCost}$`

/** Sets the cost of hashing for this process. Hashes of another cost still verify, and are made anew at the next sign-in. */
export function setHashingCost(cost: string): void {
  parameters = argon2id(cost)
  encodedParameters = `$argon2id$v=19$${cost}$`
  decoy = undefined
}

function argon2id(cost: string) {
  const [memoryCost, timeCost, parallelism] = cost.split(',').map(part => Number(part.slice(2)))
  return { algorithm: 2 as Algorithm.Argon2id, memoryCost, timeCost, parallelism }
}

// 4 × 19 MiB at once is what the thread pool can run anyway; 200 waiting is about three seconds of two cores. Beyond,
// the honest answer is "busy": a burst must cost neither memory nor the sign-ins already waiting.
const queue = limitedQueue({ running: 4, waiting: 200, full: busy })

/**
 * The form in which passwords are hashed: keyboards write one character in several ways, and a Chinese one switched to full width
 * writes Ａ for A (NIST SP 800-63B §5.1.1.2).
 */
export function normalisePassword(plain: string): string {
  return plain.normalize('NFKC')
}

/**
 * Hashes a password with Argon2id.
 * @throws Problem 503 `busy` when too many wait already
 */
export async function hashPassword(plain: string): Promise<string> {
  return await queue(() => hash(normalisePassword(plain), parameters))
}

/**
 * Whether the password is the one that was hashed; a malformed hash matches nothing. A hash made elsewhere may be of the characters
 * exactly as they were typed.
 * @throws Problem 503 `busy` when too many wait already
 */
export async function verifyPassword(passwordHash: string, plain: string): Promise<boolean> {
  const normal = normalisePassword(plain)
  for (const typed of normal === plain ? [plain] : [normal, plain])
    if (await queue(() => verify(passwordHash, typed).catch(() => false))) return true
  return false
}

/** Spends the time of a verification, so that an unknown name is not told by a faster answer. */
export async function verifyNothing(plain: string): Promise<false> {
  decoy ??= hash('nobody has this password', parameters)
  await verifyPassword(await decoy, plain)
  return false
}

/** Whether the hash was made with other parameters than today's and should be made anew at the next sign-in. */
export function needsRehash(passwordHash: string): boolean {
  return !passwordHash.startsWith(encodedParameters)
}

let decoy: Promise<string> | undefined

function busy(): Problem {
  return new Problem(
    503,
    'busy',
    { zh: '登录的人太多，请几秒后再试', en: 'Many people are signing in; try again in a few seconds' },
    { headers: { 'Retry-After': '5' } },
  )
}
