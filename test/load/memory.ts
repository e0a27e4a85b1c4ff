import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStack } from '../e2e/stack.ts'
import type { Row } from './rows.ts'

/** Resident memory of idp and gateway, 30 s after the whole of Atrium was ready. */
export async function memoryRows(): Promise<Row[]> {
  const stack = await startStack()
  try {
    await sleep(30_000)
    return await Promise.all(
      (['idp', 'gateway'] as const).map(async name => {
        const value = await residentMegabytes(stack.services.pid(name))
        return {
          name: `${name}: resident memory 30 s after ready`,
          value,
          unit: 'MB',
          target: '< 200',
          pass: value < 200,
        }
      }),
    )
  } finally {
    await stack.close()
  }
}

async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
  if (!Number.isFinite(kilobytes)) throw new Error(`/proc/${pid}/status tells no resident memory`)
  return kilobytes / 1024
}
