import { Worker } from 'node:worker_threads'
import jsonata from 'jsonata'
import type { Job, Result } from './job.ts'

// The guarded process: it evaluates what it is sent, one job after another, and knows nothing of the gateway. Whoever started
// it ends it when a job takes too long; its own heap is limited, so that a job that eats memory ends this process only.

const usualLargest = 200_000
const send = process.send?.bind(process) as (message: Result | 'ready') => boolean
const parent = process.ppid
const exit = process.exit.bind(process)

// A job that spins does not see that the gateway is gone.
new Worker(`setInterval(() => { if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL') }, 2000)`, {
  eval: true,
  env: {},
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
}).unref()

process.on('message', (job: Job) => {
  jobs.push(job)
  if (jobs.length === 1) setImmediate(next)
})
process.on('disconnect', () => exit(0))

// JSONata reads members of records by their names, and so the members of their prototypes.
for (const prototype of [Object.prototype, Array.prototype, String.prototype, Number.prototype, Boolean.prototype]) {
  Object.freeze(prototype)
}
for (const maker of [() => {}, async () => {}, function* () {}, async function* () {}])
  Object.defineProperty(Object.getPrototypeOf(maker), 'constructor', { value: undefined })
for (const name of ['fetch', 'WebSocket', 'EventSource', 'process', 'navigator', 'localStorage', 'sessionStorage'])
  Reflect.deleteProperty(globalThis, name)

const jobs: Job[] = []

/** One after another, each answer on its way before the next job begins: whoever watches knows which one is at fault. */
async function next(): Promise<void> {
  if (jobs[0]) await run(jobs[0])
  jobs.shift()
  if (jobs.length > 0) setImmediate(next)
}

const compiled = new Map<string, ReturnType<typeof jsonata>>()

async function run({ id, text, records, bindings, largest = usualLargest }: Job): Promise<void> {
  const answers: Result['answers'] = []
  let expression = compiled.get(text)
  if (!expression) {
    expression = jsonata(text)
    if (compiled.size > 2000) compiled.clear()
    compiled.set(text, expression)
  }
  const left = { size: largest + records.length * 100 }
  for (const record of records) {
    try {
      const value: unknown = await expression.evaluate(record, bindings)
      answers.push(isPlain(value, left) ? { value } : { fault: 'answers too much' })
    } catch {
      answers.push({ fault: 'cannot be computed' })
    }
  }
  send({ id, answers })
}

/** Whether a value can be told: no function, and not more than there is room for. */
function isPlain(value: unknown, left: { size: number }): boolean {
  left.size -= typeof value === 'string' ? value.length : 1
  if (left.size < 0 || typeof value === 'function' || typeof value === 'symbol') return false
  if (value === null || typeof value !== 'object') return true
  const members = Array.isArray(value) ? value : Object.values(value)
  for (const one of members) if (!isPlain(one, left)) return false
  return true
}

send('ready')
