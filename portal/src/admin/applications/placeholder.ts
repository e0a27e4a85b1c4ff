const placeholder = '<client-secret>'

/** The settings with the secret in the place of their placeholder. */
export function withSecret(text: string, secret: string): string {
  return text.replaceAll(placeholder, () => secret)
}
