/** The sum of amounts written with two decimals. */
export function addMoney(amounts: readonly string[]): string {
  const cents = amounts.reduce((sum, text) => sum + BigInt(text.replace('.', '')), 0n)
  const digits = String(cents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}
