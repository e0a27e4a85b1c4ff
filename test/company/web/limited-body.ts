import type { IncomingMessage } from 'node:http'

/** A sender that goes on this far behind the limit is cut off. */
const PATIENCE = 20

/**
 * The body of a request as text, or undefined when it is larger than `limit` bytes. What is too much is read and thrown
 * away: a connection closed in the middle of a request would lose the answer that says so.
 */
export async function readLimited(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > limit * PATIENCE) break
    if (size <= limit) chunks.push(chunk)
    else chunks.length = 0
  }
  return size > limit ? undefined : Buffer.concat(chunks).toString('utf8')
}
