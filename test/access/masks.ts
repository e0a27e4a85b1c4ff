/** What a masked value looks like, by what people are told of masks. */
export function maskOf(kind: 'PHONE' | 'EMAIL' | 'NAME', value: string): string {
  if (kind === 'PHONE') return `${value.slice(0, 3)}****${value.slice(-4)}`
  if (kind === 'EMAIL') return `${value.slice(0, 1)}***${value.slice(value.indexOf('@'))}`
  return `${value.slice(0, 1)}**`
}
