import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningAtrium, startAtrium } from '../../start.ts'

/** Everything of `npm start`, in a folder and on ports of its own, with quick retries and the samples' fault control switched on. */
export type Stack = RunningAtrium & { close(): Promise<void> }

export async function startStack(options: { today?: string } = {}): Promise<Stack> {
  const data = await mkdtemp(join(tmpdir(), 'atrium-e2e-'))
  const port = await freeRange()
  const quickRetries = { RETRY_DELAYS: Array<number>(200).fill(300).join(',') }
  const running = await startAtrium({
    port,
    data,
    ...options,
    env: {
      idp: quickRetries,
      gateway: quickRetries,
      crm: { CONTROL_TOKEN: controlToken },
      oa: { CONTROL_TOKEN: controlToken },
      erp: { CONTROL_TOKEN: controlToken },
    },
  }).catch(async (error: unknown) => {
    await rm(data, { recursive: true, force: true })
    throw error
  })
  return {
    ...running,
    close: async () => {
      await running.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}

const controlToken = 'control-of-faults'

/** A fault a sample system is told to have; see its control endpoint. */
export type Fault = {
  match: string
  mode: 'delay' | 'delayAfter' | 'status' | 'html' | 'hang' | 'shuffle' | 'drop' | 'duplicate' | 'badJson' | 'fault'
  ms?: number
  status?: number
  times?: number
}

/** Tells a sample system to misbehave; an empty list makes it well again. */
export async function setFaults(system: string, faults: Fault[]): Promise<void> {
  const answer = await fetch(`${system}/_control/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-control-token': controlToken },
    body: JSON.stringify(faults),
  })
  if (!answer.ok) throw new Error(`the fault control of ${system} answered ${answer.status}`)
}

/** A first port for everything: the services take sixteen neighbouring ones, and those in use are all free. */
export async function freeRange(): Promise<number> {
  for (let i = 0; i < 50; i++) {
    // Below the range from which the kernel gives ports to whoever asks for any.
    const base = 20_000 + Math.floor(Math.random() * 600) * 20
    const needed = [0, 1, 2, 11, 12, 13, 15].map(offset => base + offset)
    if ((await Promise.all(needed.map(isFree))).every(Boolean)) return base
  }
  throw new Error('no free range of ports was found')
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
