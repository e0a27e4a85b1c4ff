/** Adds decimals written as text, exactly. */
export function addDecimals(values: readonly string[]): string {
  const places = Math.max(0, ...values.map(value => value.split('.')[1]?.length ?? 0))
  const sum = values.reduce((total, value) => {
    const [whole = '0', fraction = ''] = value.replace('-', '').split('.')
    const scaled = BigInt(whole + fraction.padEnd(places, '0'))
    return value.startsWith('-') ? total - scaled : total + scaled
  }, 0n)
  if (places === 0) return String(sum)
  const digits = String(sum < 0n ? -sum : sum).padStart(places + 1, '0')
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`
}
