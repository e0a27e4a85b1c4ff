/** `$today-30` is the day thirty days before today. */
export function placeDays(text: string, today: string): string {
  return text.replace(/\$today(?:-(\d+))?/g, (_, days?: string) => {
    const at = new Date(`${today}T00:00:00Z`)
    at.setUTCDate(at.getUTCDate() - Number(days ?? 0))
    return at.toISOString().slice(0, 10)
  })
}
