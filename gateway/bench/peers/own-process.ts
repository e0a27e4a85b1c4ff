import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Subgraph } from '../subgraphs/schemas.ts'

/** Starts a peer that is a script of ours, in a process of its own. @param rest its further arguments */
export async function startPeer(
  name: 'hand-written' | 'no-gateway' | 'stitched',
  ports: Record<Subgraph, number>,
  ...rest: string[]
): Promise<{ url: string; pid: number; stop(): void }> {
  const child = fork(
    fileURLToPath(new URL(`./${name}-process.ts`, import.meta.url)),
    [JSON.stringify(ports), ...rest],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, NODE_ENV: 'production' } },
  )
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', one => resolve(Number(one)))
    child.once('exit', code => reject(new Error(`the peer ${name} ended with ${code}`)))
  })
  return { url: `http://127.0.0.1:${port}/graphql`, pid: child.pid ?? 0, stop: () => child.disconnect() }
}
