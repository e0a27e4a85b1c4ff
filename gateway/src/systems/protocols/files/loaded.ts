import { Worker } from 'node:worker_threads'
import { FileFault, type RowFault } from './fault.ts'
import type { Asked, Job, Told } from './worker.ts'

const longestLoad = 120_000
const heapMb = 1024

interface Pending {
  resolve: (answer: unknown) => void
  reject: (error: Error) => void
}

/** A question that the table cannot be asked. */
export class Refused extends Error {}

/** One file, read and held by a thread of its own. */
export class LoadedFile {
  readonly path: string
  readonly at: Date
  readonly columns: readonly string[]
  readonly rows: number
  readonly faults: readonly RowFault[]
  readonly faultCount: number
  #worker: Worker
  #pending = new Map<number, Pending>()
  #sequence = 0
  #leaving = false
  #gone = false

  private constructor(job: Job, worker: Worker, loaded: Extract<Told, { loaded: unknown }>['loaded']) {
    this.path = job.path
    this.at = new Date(job.mtimeMs)
    this.columns = loaded.columns
    this.rows = loaded.rows
    this.faults = loaded.faults
    this.faultCount = loaded.faultCount
    this.#worker = worker
    worker.on('message', (told: Told) => this.#take(told))
    worker.on('error', () => {})
    worker.on('exit', () => {
      this.#gone = true
      for (const { reject } of this.#pending.values()) reject(new FileFault('the thread that held the file ended'))
      this.#pending.clear()
    })
  }

  /**
   * @param memoryMb the most that its thread may take
   * @throws FileFault when the file cannot be used
   */
  static async read(job: Job, memoryMb = heapMb): Promise<LoadedFile> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      // What the process was started with, e.g. a loader of tests, is not for it.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    worker.unref()
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<LoadedFile>((resolve, reject) => {
        timer = setTimeout(() => reject(new FileFault('the file took too long to read')), longestLoad)
        worker.once('error', (error: NodeJS.ErrnoException) =>
          reject(new FileFault(`the file cannot be read (${error.code ?? error.name})`)),
        )
        worker.once('exit', () => reject(new FileFault('the thread that read the file ended')))
        worker.once('message', (told: Told) => {
          if ('loaded' in told) resolve(new LoadedFile(job, worker, told.loaded))
          else reject(new FileFault('failed' in told ? told.failed : 'the file cannot be read'))
        })
      })
    } catch (error) {
      void worker.terminate()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  get gone(): boolean {
    return this.#gone
  }

  /** @throws Refused, FileFault */
  async ask(question: Omit<Asked, 'id'>): Promise<unknown> {
    if (this.#gone) throw new FileFault('the thread that held the file ended')
    this.#sequence += 1
    const id = this.#sequence
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ ...question, id } satisfies Asked)
    })
  }

  /** Ends the thread when the questions under way are answered. */
  leave(): void {
    this.#leaving = true
    if (this.#pending.size === 0) void this.#worker.terminate()
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #take(told: Told): void {
    if (!('id' in told)) return
    const pending = this.#pending.get(told.id)
    this.#pending.delete(told.id)
    if ('answer' in told) pending?.resolve(told.answer)
    else pending?.reject(new Refused(told.refused))
    if (this.#leaving && this.#pending.size === 0) void this.#worker.terminate()
  }
}
