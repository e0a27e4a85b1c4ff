import { describe, expect, it } from 'vitest'
import { isSecretName, missingSecrets, secretsNamed } from './secrets.ts'

describe('secrets of a text', () => {
  it('are those it names, each once, in order; environment variables are none', () => {
    const yaml = `value: "Bearer \${secret:apiKey}"\nurl: \${CRM_URL}\npassword: \${secret:db_password}\nagain: \${secret:apiKey}`
    expect(secretsNamed(yaml)).toEqual(['apiKey', 'db_password'])
  })

  it('are missing when a check says so', () => {
    const messages = ['the secret apiKey is not set', 'Unrecognized key: "x"', 'the secret apiKey is not set']
    expect(missingSecrets(messages.map(message => ({ message })))).toEqual(['apiKey'])
  })

  it('have names of letters, digits and underscores', () => {
    expect(['apiKey', 'a', 'A_1'].every(isSecretName)).toBe(true)
    expect(['', '1a', 'a-b', 'a b', '密钥', `a${'b'.repeat(64)}`].some(isSecretName)).toBe(false)
  })
})
