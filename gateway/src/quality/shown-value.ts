import type { DataClass, DictionaryField } from '../schema/dictionary.ts'

/** A value as it may be kept: `masked` says that it is not the value itself. */
export interface ShownValue {
  text: string | null
  masked: boolean
}

const longest = 120

/**
 * A value that broke a rule, fit to be stored: public and internal ones as they are, personal ones by their form, secret
 * ones not at all. A value without a field in the dictionary counts as secret: nobody said what it is.
 */
export function shownValue(value: unknown, field: Pick<DictionaryField, 'class'> | undefined): ShownValue {
  if (value === null || value === undefined) return { text: null, masked: false }
  const text = textOf(value)
  const kind: DataClass = field?.class ?? 'SECRET'
  if (kind === 'SECRET') return { text: '•••', masked: true }
  if (kind === 'PERSONAL') return { text: formOf(text), masked: true }
  return { text: shortened(text), masked: false }
}

/** Only the form of a text: digits become 9, letters a, Chinese characters 字. It tells what is wrong, not what stands there. */
export function formOf(text: string): string {
  return shortened(
    text
      .replace(/\p{Nd}/gu, '9')
      .replace(/\p{Script=Han}/gu, '字')
      .replace(/\p{Lu}/gu, 'A')
      .replace(/(?![aA字])\p{L}/gu, 'a'),
  )
}

function textOf(value: unknown): string {
  if (typeof value !== 'object') return String(value)
  return Array.isArray(value) ? '[…]' : '{…}'
}

function shortened(text: string): string {
  const one = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
  return one.length > longest ? `${one.slice(0, longest)}…` : one
}
