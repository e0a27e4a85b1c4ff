import type { attachTexts } from './texts.ts'

const classes = ['PUBLIC', 'INTERNAL', 'PERSONAL', 'SECRET'] as const

/** A class of data in words. */
export function classWord(t: typeof attachTexts.text, name: string): string {
  const known = classes.find(one => one === name)
  return known ? t(`class.${known}`) : name
}
