const placeholder = /<[^<>\s]*secret[^<>\s]*>|\$\{?CLIENT_SECRET\}?/gi

/** The settings with the secret in the place of their placeholder. */
export function withSecret(text: string, secret: string): string {
  return text.replace(placeholder, () => secret)
}
