/** Calls a method of Tryton's own JSON-RPC API as a signed-in user. @throws Error with the words of Tryton */
export type Rpc = <T>(method: string, ...params: unknown[]) => Promise<T>

/** A decimal as Tryton writes it in JSON. */
export function decimal(text: string) {
  return { __class__: 'Decimal', decimal: text }
}

/** A day as Tryton writes it in JSON. @param text `YYYY-MM-DD` */
export function day(text: string) {
  const [year, month, date] = text.split('-').map(Number)
  return { __class__: 'date', year, month, day: date }
}

/** Signs in. This is the client of the seeding script, written against Tryton's API and not the gateway's connector. */
export async function signIn(url: string, user: string, password: string): Promise<Rpc> {
  let authorization: string | undefined
  const call = async <T>(method: string, ...params: unknown[]): Promise<T> => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      body: JSON.stringify({ id: 1, method, params }),
    })
    if (!answer.ok) throw new Error(`${method} answered ${answer.status}`)
    const { result, error } = (await answer.json()) as { result: T; error?: unknown }
    if (error) throw new Error(`${method}: ${JSON.stringify(error).slice(0, 500)}`)
    return result
  }
  const [id, session] = await call<[number, string]>('common.db.login', user, { password })
  authorization = `Session ${Buffer.from(`${user}:${id}:${session}`).toString('base64')}`
  return call
}
