import { Worker } from 'node:worker_threads'

/** A place in a text; both count from 1. */
export interface Place {
  line: number
  column: number
}

/** A text of YAML, read. */
export interface ReadYaml {
  value: unknown
  faults: ({ message: string } & Place)[]
  /** the path of each key as JSON, and where it stands */
  places: [string, Place][]
}

/** One system of a systems.yaml. */
export interface YamlSlice {
  /** its entry as it is written, moved to the left margin */
  yaml: string
  value: unknown
}

export type YamlQuestion = { id: number; kind: 'entry' | 'systems'; text: string }
export type YamlAnswer = { id: number; result: ReadYaml | Record<string, YamlSlice> }

/** Reads YAML in a thread of its own, which is there as long as it is needed. */
export class YamlReader {
  #worker: Worker | undefined
  #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #last = 0
  #idle: NodeJS.Timeout | undefined

  async read(text: string): Promise<ReadYaml> {
    return (await this.#ask('entry', text)) as ReadYaml
  }

  /** The entries of a systems.yaml, by system. */
  async systems(text: string): Promise<Record<string, YamlSlice>> {
    return (await this.#ask('systems', text)) as Record<string, YamlSlice>
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  async #ask(kind: YamlQuestion['kind'], text: string): Promise<unknown> {
    clearTimeout(this.#idle)
    this.#worker ??= this.#start()
    this.#last += 1
    const id = this.#last
    const worker = this.#worker
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        worker.postMessage({ id, kind, text } satisfies YamlQuestion)
      })
    } finally {
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => void this.close(), 60_000).unref()
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./yaml-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    worker.unref()
    worker.on('message', ({ id, result }: YamlAnswer) => this.#waiting.get(id)?.resolve(result))
    worker.on('error', error => {
      if (this.#worker === worker) this.#worker = undefined
      for (const { reject } of this.#waiting.values()) reject(error as Error)
    })
    return worker
  }
}
