import type { Factor } from '../answers.ts'

/** The digits of a code, however it was typed or pasted: `123 456`, `１２３４５６` from a Chinese keyboard. */
export function digitsOf(text: string): string {
  return text.normalize('NFKC').replace(/\D/g, '')
}

/** A secret as people copy it by eye: `JBSW Y3DP EHPK 3PXP`. */
export function inFours(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? ''
}

/** The name, with a number when one's factors have it already. */
export function unusedName(name: string, factors: readonly Pick<Factor, 'name'>[]): string {
  const taken = new Set(factors.map(factor => factor.name))
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`
  return free
}
