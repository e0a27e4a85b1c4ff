import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Source, Thing } from '../source.ts'
import type { Wire } from '../wire.ts'

// A proxy between the gateway and a PostgreSQL that holds the answer to a question back until it is whole, lets the
// source spoil its rows, and lets a trouble befall it. https://www.postgresql.org/docs/current/protocol-message-formats.html

/** What a session sets up for itself is no question. */
const ownAffairs = /set_config|information_schema/

/** @param target the database, with user and password, which the address of the wire has too */
export async function startDatabaseWire(target: URL, source: Source): Promise<Wire> {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const database = connect(Number(target.port), target.hostname)
    for (const one of [client, database]) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        client.destroy()
        database.destroy()
      })
    }
    let asked = ''
    client.on('data', chunk => {
      const text = chunk.toString('latin1')
      if (/select /i.test(text)) asked = text
      database.write(chunk)
    })
    let held = Buffer.alloc(0)
    database.on('data', async chunk => {
      if (!asked || ownAffairs.test(asked)) return void client.write(chunk)
      held = Buffer.concat([held, chunk])
      const messages = messagesOf(held)
      if (messages?.at(-1)?.type !== 'Z') return
      held = Buffer.alloc(0)
      await pass(client, messages)
    })
  })

  async function pass(client: Socket, messages: Message[]): Promise<void> {
    const answer = { status: 200, contentType: '', body: Buffer.concat(spoiled(messages, source).map(bytesOf)) }
    const end = await wire.trouble(answer, '/')
    if (answer.status >= 500 && end === undefined) answer.body = Buffer.concat([bytesOf(busy), bytesOf(idle)])
    if (end === undefined) return void client.write(answer.body)
    if (end === 'reset' && answer.status === 200 && answer.body.length > 0) client.write(answer.body.subarray(0, 1))
    if (end === 'cut') client.write(answer.body.subarray(0, answer.body.length / 2), () => client.destroy())
    else client.destroy()
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const wire: Wire = {
    url: url.href,
    trouble: () => undefined,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return wire
}

interface Message {
  type: string
  body: Buffer
}

const idle: Message = { type: 'Z', body: Buffer.from('I') }
const busy: Message = { type: 'E', body: Buffer.from('SFATAL\0VFATAL\0C53300\0Mtoo many\0\0') }

function bytesOf({ type, body }: Message): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** Whole messages; undefined while the last is not there in full. */
function messagesOf(bytes: Buffer): Message[] | undefined {
  const messages: Message[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 5 > bytes.length) return undefined
    const end = at + 1 + bytes.readUInt32BE(at + 1)
    if (end > bytes.length) return undefined
    messages.push({ type: String.fromCharCode(bytes[at] as number), body: bytes.subarray(at + 5, end) })
    at = end
  }
  return messages
}

/** The rows of an answer as the source spoils them, between the messages that were around them. */
function spoiled(messages: Message[], source: Source): Message[] {
  const names = messages.flatMap(({ type, body }) => (type === 'T' ? columnsOf(body) : []))
  const rows = messages.flatMap(({ type, body }) => (type === 'D' ? [rowOf(names, body)] : []))
  if (rows.length === 0 || !names.includes('id')) return messages
  const first = messages.findIndex(one => one.type === 'D')
  const changed = source.spoil(rows as unknown as Thing[]) as Record<string, string | null>[]
  const end = { type: 'C', body: Buffer.from(`SELECT ${changed.length}\0`) }
  const around = messages.flatMap(one => (one.type === 'D' ? [] : one.type === 'C' ? [end] : [one]))
  return [...around.slice(0, first), ...changed.map(row => dataOf(names, row)), ...around.slice(first)]
}

function columnsOf(body: Buffer): string[] {
  const names: string[] = []
  let at = 2
  for (let index = 0; index < body.readUInt16BE(0); index += 1) {
    const end = body.indexOf(0, at)
    names.push(body.toString('utf8', at, end))
    at = end + 19
  }
  return names
}

function rowOf(names: string[], body: Buffer): Record<string, string | null> {
  const row: Record<string, string | null> = {}
  let at = 2
  for (const name of names) {
    const length = body.readInt32BE(at)
    row[name] = length < 0 ? null : body.toString('utf8', at + 4, at + 4 + length)
    at += 4 + Math.max(0, length)
  }
  return row
}

function dataOf(names: string[], row: Record<string, string | null>): Message {
  const count = Buffer.alloc(2)
  count.writeUInt16BE(names.length)
  const values = names.flatMap(name => {
    const text = row[name]
    const length = Buffer.alloc(4)
    const bytes = Buffer.from(text ?? '')
    length.writeInt32BE(text === null || text === undefined ? -1 : bytes.length)
    return [length, bytes]
  })
  return { type: 'D', body: Buffer.concat([count, ...values]) }
}
