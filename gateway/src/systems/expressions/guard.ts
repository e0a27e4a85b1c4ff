import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { log } from '@atrium/platform/log'
import type { Job, Result } from './job.ts'

/** An expression gave no value; `message` says why, without the record. */
export class ExpressionFault extends Error {
  readonly code = 'EXPRESSION_FAULT'
}

export interface GuardOptions {
  /** longest time one expression may take over the records of one batch */
  limitMs: number
  memoryMb: number
  /** how long an expression that was stopped is not tried again */
  restMs: number
}

interface Waiting {
  record: unknown
  resolve(value: unknown): void
  reject(fault: ExpressionFault): void
}

interface Sent extends Job {
  waiting: Waiting[]
  limitMs: number
}

const folder = fileURLToPath(new URL('.', import.meta.url))
const usual: GuardOptions = { limitMs: 1500, memoryMb: 96, restMs: 30_000 }
const mostWaiting = 50_000
const longestStart = 15_000

/**
 * Evaluates JSONata in a process of its own that is ended when an expression takes too long or too much memory, and started
 * again; a thread would not do, since one large allocation in a thread ends the whole program (measured: SIGABRT, whatever
 * resourceLimits says). Evaluations of one tick travel together: 200 rows of a field are one message.
 */
export class Guard {
  readonly #options: GuardOptions
  #child: ChildProcess | undefined
  #ready = false
  #gathered = new Map<string, Sent>()
  #sent: Sent[] = []
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  #sequence = 0
  #rests = new Map<string, { until: number; why: string }>()
  #logger = log('gateway')
  /** how often the process was ended */
  stops = 0
  /** messages sent to it */
  hops = 0

  constructor(options: Partial<GuardOptions> = {}) {
    this.#options = { ...usual, ...options }
  }

  /** Starts the process before it is needed. */
  warm(): void {
    this.#start()
  }

  /** @throws ExpressionFault */
  evaluate(
    text: string,
    record: unknown,
    bindings: Record<string, unknown> = {},
    { within: limitMs = this.#options.limitMs, largest }: { within?: number; largest?: number } = {},
  ): Promise<unknown> {
    const rest = this.#rests.get(text)
    if (rest && rest.until > Date.now()) return Promise.reject(new ExpressionFault(rest.why))
    if (this.#waiting >= mostWaiting) return Promise.reject(new ExpressionFault('too many values are being computed'))
    return new Promise((resolve, reject) => {
      this.#waiting += 1
      const key = `${limitMs} ${largest} ${JSON.stringify(bindings)} ${text}`
      let job = this.#gathered.get(key)
      if (!job) {
        if (this.#gathered.size === 0) void Promise.resolve().then(() => process.nextTick(() => this.#flush()))
        this.#sequence += 1
        job = { id: this.#sequence, text, bindings, records: [], waiting: [], limitMs, ...(largest && { largest }) }
        this.#gathered.set(key, job)
      }
      job.records.push(record)
      job.waiting.push({ record, resolve, reject })
    })
  }

  /** Ends the process; what is still waiting is told so. */
  stop(): void {
    const child = this.#child
    this.#child = undefined
    this.#ready = false
    clearTimeout(this.#timer)
    child?.removeAllListeners()
    child?.kill('SIGKILL')
    for (const job of this.#sent.splice(0)) this.#refuse(job, 'the gateway stops')
  }

  #flush(): void {
    const jobs = [...this.#gathered.values()]
    this.#gathered.clear()
    this.#sent.push(...jobs)
    const child = this.#start()
    if (this.#ready) for (const job of jobs) this.#send(child, job)
    if (this.#ready && this.#sent.length === jobs.length) this.#watch()
  }

  #send(child: ChildProcess, { id, text, records, bindings, largest }: Job): void {
    this.hops += 1
    child.send({ id, text, records, bindings, largest }, error => {
      if (error && child === this.#child) child.kill('SIGKILL')
    })
  }

  #start(): ChildProcess {
    if (this.#child) return this.#child
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${this.#options.memoryMb}`,
        '--disallow-code-generation-from-strings',
        '--permission',
        '--allow-fs-read=*',
        '--allow-worker',
        '--input-type=module',
        '--eval',
        programText(),
      ],
      { cwd: folder, env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
    )
    this.#child = child
    this.#ready = false
    child.on('message', (message: Result | 'ready') =>
      message === 'ready' ? this.#begin(child) : this.#settle(message),
    )
    child.once('error', error => this.#logger.error({ err: error }, 'the process that computes expressions fails'))
    child.once('exit', (_code, signal) => {
      if (child === this.#child)
        this.#lost(signal === 'SIGABRT' ? 'takes too much memory to compute' : 'failed to compute')
    })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#lost('cannot be computed now'), longestStart).unref()
    this.#hold(this.#sent.length > 0)
    return child
  }

  #begin(child: ChildProcess): void {
    this.#ready = true
    clearTimeout(this.#timer)
    for (const job of this.#sent) this.#send(child, job)
    this.#watch()
  }

  #settle({ id, answers }: Result): void {
    const at = this.#sent.findIndex(job => job.id === id)
    const job = this.#sent[at]
    if (!job) return
    this.#sent.splice(at, 1)
    this.#waiting -= job.waiting.length
    job.waiting.forEach((one, index) => {
      const answer = answers[index]
      if (answer && !('fault' in answer)) one.resolve(answer.value)
      else one.reject(new ExpressionFault(answer?.fault ?? 'failed to compute'))
    })
    this.#watch()
  }

  /** Jobs are done in their order, so the first one is the one that is being done. */
  #watch(): void {
    clearTimeout(this.#timer)
    const head = this.#sent[0]
    this.#hold(head !== undefined)
    if (!head) return
    this.#timer = setTimeout(() => {
      // This process may itself have been held up: an answer that is there already is heard first.
      this.#timer = setTimeout(() => this.#lost('takes too long to compute'), 20)
    }, head.limitMs)
  }

  /** The process is gone or must go: the job it was at is at fault, all others are done by the next one. */
  #lost(why: string): void {
    const child = this.#child
    const wasReady = this.#ready
    this.#child = undefined
    this.#ready = false
    clearTimeout(this.#timer)
    child?.removeAllListeners()
    child?.kill('SIGKILL')
    this.stops += 1
    if (!wasReady) {
      for (const job of this.#sent.splice(0)) this.#refuse(job, why)
      return
    }
    const culprit = this.#sent[0]
    if (!culprit) return
    this.#logger.warn({ expression: culprit.text, why }, 'an expression was stopped')
    this.#rests.set(culprit.text, { until: Date.now() + this.#options.restMs, why })
    const refused = this.#sent.filter(job => job.text === culprit.text)
    this.#sent = this.#sent.filter(job => job.text !== culprit.text)
    for (const job of refused) this.#refuse(job, why)
    this.#start()
  }

  #refuse(job: Sent, why: string): void {
    this.#waiting -= job.waiting.length
    for (const one of job.waiting) one.reject(new ExpressionFault(why))
  }

  // Only work in hand keeps the gateway running.
  #hold(working: boolean): void {
    const child = this.#child
    if (working) {
      child?.ref()
      child?.channel?.ref()
    } else {
      child?.unref()
      child?.channel?.unref()
    }
  }
}

let text: string | undefined

/** The program without its types: a process that reads TypeScript itself takes twice the memory. */
function programText(): string {
  text ??= stripTypeScriptTypes(readFileSync(`${folder}process.ts`, 'utf8'))
  return text
}
