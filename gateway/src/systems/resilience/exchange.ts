import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'

/** An answer as it came. */
export interface Exchanged {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/**
 * Sends one request and collects the whole answer. No stream stands between the socket and the text: what calls cost is
 * mostly what surrounds them.
 * @param options `left` ms, after which it is given up; `judge` refuses an answer by its headers; `tooLong` once it has more than
 * `most` bytes
 */
export function exchangeOver(
  pool: Dispatcher,
  request: Dispatcher.DispatchOptions,
  options: {
    left: number
    signal: AbortSignal | undefined
    most: number
    judge(headers: IncomingHttpHeaders): Error | undefined
    tooLong(): Error
  },
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const { signal } = options
    const chunks: Buffer[] = []
    let size = 0
    let status = 0
    let headers: IncomingHttpHeaders = {}
    let running: Dispatcher.DispatchController | undefined
    let over: Error | undefined

    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
    const fail = (error: Error): void => {
      if (over) return
      over = error
      end()
      reject(error)
      running?.abort(error)
    }
    const giveUp = (): void => fail(new GivenUp('no answer in time'))
    const timer = setTimeout(giveUp, Math.min(options.left, longestTimer))
    signal?.addEventListener('abort', giveUp)

    pool.dispatch(request, {
      onRequestStart(controller) {
        // It waited for a connection and nobody waits for it any more.
        if (over) controller.abort(over)
        running = controller
      },
      onResponseStart(_controller, code, given) {
        if (code < 200) return
        status = code
        headers = given
        const fault = options.judge(given)
        if (fault) fail(fault)
      },
      onResponseData(_controller, chunk) {
        size += chunk.length
        if (size > options.most) fail(options.tooLong())
        else chunks.push(chunk)
      },
      onResponseEnd() {
        if (over) return
        end()
        resolve({ status, headers, body: textOf(chunks) })
      },
      onResponseError: (_controller, error) => fail(error),
    })
  })
}

/** Nobody waits for the answer any more. */
export class GivenUp extends Error {}

// setTimeout takes what is longer for nothing.
const longestTimer = 2 ** 31 - 1

/** Text in UTF-8, without the mark that some systems put before it. */
function textOf(chunks: Buffer[]): string {
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.toString('utf8', marked ? 3 : 0)
}
