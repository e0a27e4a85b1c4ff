import type { MaskKind } from '../schema/dictionary.ts'

const masks: Record<MaskKind, (text: string) => string> = {
  PHONE: maskPhone,
  EMAIL: text => text.replace(/^(.)[^@]*(@.*)$/, '$1***$2').replace(/^[^@]*$/, '***'),
  ADDRESS: text => `${text.slice(0, 6)}***`,
  NAME: text => `${[...text][0] ?? ''}**`,
}

/** What is shown of a value to those who may not read it whole: 138****5678. Never more than half of it. */
export function mask(kind: MaskKind, value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  return masks[kind](String(value))
}

function maskPhone(text: string): string {
  const digits = text.replace(/\D/g, '')
  const national = digits.replace(/^86(?=1\d{10}$)/, '')
  return national.length >= 10 ? `${national.slice(0, 3)}****${national.slice(-4)}` : '****'
}
