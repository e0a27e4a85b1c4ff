import type { Fault } from './answers.ts'

/** Names of the secrets that a text makes use of, in the order in which they stand there. */
export function secretsNamed(yaml: string): string[] {
  return [...new Set([...yaml.matchAll(/\$\{secret:([A-Za-z]\w{0,63})\}/g)].map(([, name = '']) => name))]
}

/** Names of the secrets that a check missed. */
export function missingSecrets(faults: readonly Pick<Fault, 'message'>[]): string[] {
  return [...new Set(faults.flatMap(({ message }) => /the secret (\w+) is not set/.exec(message)?.[1] ?? []))]
}

/** Whether a name may be that of a secret. */
export function isSecretName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)
}
