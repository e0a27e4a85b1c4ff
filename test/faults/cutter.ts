import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A proxy in front of PostgreSQL that reads what a service asks of it, and can stop it dead before any statement: what was sent
 * before has happened, that statement and everything after it never arrives. Statements of the service's workers are not counted.
 */
export type Cutter = {
  url: string
  /** The counted statements since it was armed. */
  seen: string[]
  /** Cuts before the n-th counted statement from now on; `onCut` is called at that moment. */
  arm(n: number, onCut: () => void): void
  disarm(): void
  stop(): Promise<void>
}

// What runs by itself, or says nothing of a request: taking from queues, sealing, expiry, reports of replicas, the ends of reads.
const byItself =
  /skip locked|key_replica|\blease\b|pg_advisory|audit_seal|xid >=|pg_try|^select 1$|^(begin|rollback)\b|set session|show /i

/** Starts one in front of the database at `url`. */
export async function startCutter(url: string): Promise<Cutter> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let armed: { n: number; onCut: () => void } | undefined
  let cut = false

  /** @returns whether it may go on */
  const ask = (sql: string): boolean => {
    if (cut) return false
    if (!armed || byItself.test(sql.trim())) return true
    cutter.seen.push(sql.trim().replace(/\s+/g, ' ').slice(0, 160))
    if (cutter.seen.length < armed.n) return true
    cut = true
    armed.onCut()
    return false
  }

  const server: Server = createServer(client => {
    const database = connect(Number(target.port || 5432), target.hostname)
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        client.destroy()
        database.destroy()
      })
    }
    const read = statements(ask)
    client.on('data', data => {
      for (const message of read(data)) database.write(message)
    })
    database.on('data', data => {
      if (!cut) client.write(data)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  const cutter: Cutter = {
    url: through.href,
    seen: [],
    arm: (n, onCut) => {
      cutter.seen = []
      armed = { n, onCut }
    },
    disarm: () => {
      armed = undefined
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return cutter
}

/**
 * Splits one connection's bytes into PostgreSQL's messages (protocol 3.0) and asks for each statement whether it may go on.
 * A commit counts when something counted came before it in its transaction.
 */
function statements(ask: (sql: string) => boolean): (data: Buffer) => Buffer[] {
  let waiting = Buffer.alloc(0)
  let started = false
  let stopped = false
  let touched = false
  const prepared = new Map<string, string>()

  const mayGo = (sql: string): boolean => {
    if (/^commit\b/i.test(sql.trim())) {
      const counts = touched
      touched = false
      return counts ? ask(sql) : true
    }
    if (/^(begin|start)\b/i.test(sql.trim())) touched = false
    else if (!byItself.test(sql.trim())) touched = true
    return ask(sql)
  }

  const pass = (message: Buffer): boolean => {
    const type = String.fromCharCode(message[0] ?? 0)
    const [first = '', second = ''] = message.subarray(5).toString('utf8').split('\0', 2)
    if (type === 'P') prepared.set(first, second)
    if (type === 'Q') return mayGo(first)
    // Bind names the portal, then the statement.
    if (type === 'B') return mayGo(prepared.get(second) ?? '')
    return true
  }

  return data => {
    waiting = Buffer.concat([waiting, data])
    const out: Buffer[] = []
    while (!stopped) {
      const head = started ? 1 : 0
      if (waiting.length < head + 4) break
      const length = head + waiting.readUInt32BE(head)
      if (waiting.length < length) break
      const message = waiting.subarray(0, length)
      waiting = waiting.subarray(length)
      if (!started) started = true
      else if (!pass(message)) stopped = true
      if (!stopped) out.push(message)
    }
    return out
  }
}
