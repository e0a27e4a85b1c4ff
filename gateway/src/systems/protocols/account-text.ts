import type { Condition } from './protocol.ts'

const quotedAccount = /(['"])\$me\1/g
const account = /\$me\b/

/** Whether an expression has the account of the viewer in it. */
export function namesAccount(text: string): boolean {
  return account.test(text)
}

/** Whether the account can be filled in wherever an expression names it: as a whole text between quotes. */
export function takesAccount(text: string): boolean {
  return !account.test(text.replace(quotedAccount, ''))
}

/**
 * An expression with the viewer's account in it.
 * @param literal writes a text as the system's expressions do, with its quotes, so that no account can end it
 */
export function withAccount(
  { raw, me }: Extract<Condition, { raw: string }>,
  literal: (text: string) => string,
): string {
  return me === undefined ? raw : raw.replace(quotedAccount, () => literal(me))
}

/** A text between quotes, with quotes in it doubled. */
export function sqlLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
