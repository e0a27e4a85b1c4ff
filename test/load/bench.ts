import { cpus } from 'node:os'
import { memoryRows } from './memory.ts'
import { printRows, type Row } from './rows.ts'

/** One module a subject; each measures beside its own baseline, in this one run. `npm run bench -- idp graph` runs those named. */
const subjects: Record<string, () => Promise<Row[]>> = {
  idp: async () => (await import('../../idp/bench/idp.ts')).benchIdp(),
  gateway: async () => [
    ...(await (await import('../../gateway/bench/gateway.ts')).benchGateway()),
    ...(await (await import('../../gateway/bench/many-systems.ts')).benchManySystems()),
  ],
  graph: async () => (await import('../../gateway/bench/graph.ts')).benchGraph(),
  inbox: async () => (await import('../../gateway/bench/inbox.ts')).benchInbox(),
  portal: async () => (await import('../../portal/bench/size.ts')).benchSize(),
  memory: memoryRows,
}

const asked = process.argv.slice(2).filter(name => name in subjects)
const names = asked.length > 0 ? asked : Object.keys(subjects)
console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`,
)
let missed = 0
for (const name of names) {
  console.log(`\n${name}`)
  const rows = (await subjects[name]?.()) ?? []
  printRows(rows)
  missed += rows.filter(row => !row.pass).length
}
console.log(`\n${missed === 0 ? 'Every target is met.' : `${missed} target(s) missed.`}`)
// Measuring leaves pools and sockets behind; their work is done.
process.exit(missed === 0 ? 0 : 1)
