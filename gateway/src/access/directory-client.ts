import { z } from 'zod'

const pageSize = 100
const patience = 10_000

const listSchema = z.object({
  totalResults: z.number().int().nonnegative(),
  startIndex: z.number().int().optional(),
  Resources: z.array(z.unknown()).default([]),
})

/** The directory did not answer as RFC 7644 says. */
export class DirectoryError extends Error {
  readonly code = 'DIRECTORY'
}

/** Reads people from a SCIM 2.0 service provider. */
export interface DirectoryClient {
  /** All users, or those changed after a moment, page by page. @throws DirectoryError */
  users(changedAfter: Date | null): AsyncGenerator<unknown[]>
  /** One user; undefined when the directory has none with this id. @throws DirectoryError */
  user(id: string): Promise<unknown | undefined>
}

/**
 * @param base address of the SCIM service, e.g. `http://localhost:3001/scim/v2`
 * @param token gives a bearer token with the scope `scim:read`
 */
export function createDirectoryClient(base: string, token: () => Promise<string>): DirectoryClient {
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    let response: Response
    try {
      const headers = { authorization: `Bearer ${await token()}`, accept: 'application/scim+json, application/json' }
      response = await fetch(`${base}${path}`, { headers, redirect: 'error', signal: AbortSignal.timeout(patience) })
    } catch (error) {
      throw new DirectoryError(`the directory cannot be reached: ${(error as Error).message}`, { cause: error })
    }
    const text = await response.text()
    if (response.status === 404) return { status: 404, body: undefined }
    if (!response.ok) throw new DirectoryError(`the directory answered ${response.status}`)
    try {
      return { status: response.status, body: JSON.parse(text) }
    } catch {
      throw new DirectoryError(
        `the directory answered ${response.headers.get('content-type') ?? 'something'} instead of JSON`,
      )
    }
  }
  return {
    async *users(changedAfter) {
      const filter = changedAfter
        ? `&filter=${encodeURIComponent(`meta.lastModified gt "${changedAfter.toISOString()}"`)}`
        : ''
      let seen = 0
      for (;;) {
        const { status, body } = await get(`/Users?startIndex=${seen + 1}&count=${pageSize}${filter}`)
        const page = listSchema.safeParse(body)
        if (status === 404 || !page.success)
          throw new DirectoryError('the directory answered something that is no SCIM list')
        const { Resources, totalResults } = page.data
        if (Resources.length > 0) yield Resources
        seen += Resources.length
        if (seen >= totalResults) return
        // An empty page before the end would make the rest look as if it did not exist.
        if (Resources.length === 0)
          throw new DirectoryError(`the directory named ${totalResults} users and gave ${seen}`)
      }
    },
    async user(id) {
      return (await get(`/Users/${encodeURIComponent(id)}`)).body
    },
  }
}
