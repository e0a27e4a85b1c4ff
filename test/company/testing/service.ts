import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A service of the house as a process of its own. */
export type Service = {
  url: string
  start(): Promise<void>
  kill(signal?: NodeJS.Signals): Promise<void>
  output(): string
}

/** @param script path from the repository's root, e.g. `idp/src/main.ts` */
export function service(script: string, port: number, env: Record<string, string>): Service {
  const url = `http://localhost:${port}`
  let child: ChildProcess | undefined
  let output = ''
  return {
    url,
    output: () => output,
    start: async () => {
      const started = spawn(process.execPath, [script], {
        cwd: root,
        env: { PATH: process.env.PATH, PORT: String(port), LOG_LEVEL: 'warn', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      for (const stream of [started.stdout, started.stderr]) stream.on('data', chunk => (output += chunk))
      const deadline = Date.now() + 30_000
      while (
        !(await fetch(`${url}/readyz`).then(
          answer => answer.ok,
          () => false,
        ))
      ) {
        if (started.exitCode !== null || Date.now() > deadline)
          throw new Error(`${script} did not start:\n${output.slice(-3000)}`)
        await wait(50)
      }
    },
    kill: async (signal = 'SIGTERM') => {
      const running = child
      child = undefined
      if (!running || running.exitCode !== null) return
      const ended = new Promise(resolve => running.once('exit', resolve))
      running.kill(signal)
      await ended
    },
  }
}
