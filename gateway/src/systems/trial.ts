import { now } from '@atrium/platform/clock'
import type { Carrier } from './carrier.ts'
import type { EntityDefinition, SystemDefinition } from './configuration.ts'
import { describesItself } from './description.ts'
import type { Description, OperationCall } from './protocols/protocol.ts'
import { refusal } from './protocols/refusal.ts'
import { UpstreamError } from './types.ts'

/** How it is found out whether a system is there: its description, a call, or only whether its address answers. */
export type Way = 'description' | 'address' | OperationCall

/**
 * Chooses what is asked of a system that names no probe. One that describes itself is asked for that. Any other is asked
 * for one record when nothing has shown lately that it works, or when it failed last; in between it is enough that its
 * address answers.
 */
export class Trials {
  #definition: SystemDefinition
  /** epoch ms */
  #workedAt = 0
  #onlyReached = false

  constructor(definition: SystemDefinition) {
    this.#definition = definition
  }

  /** A call was answered as the protocol promises. */
  worked(): void {
    this.#workedAt = now().getTime()
    this.#onlyReached = false
  }

  /** Nothing shows that it works but an address that answers. */
  get onlyReached(): boolean {
    return this.#onlyReached
  }

  async next(lastFailureAt: Date | null, description: () => Promise<Description>): Promise<Way> {
    const { probe, describeMs } = this.#definition
    if (probe) return probe
    if (describesItself(this.#definition)) return 'description'
    const shown = this.#workedAt > (lastFailureAt?.getTime() ?? 0) && now().getTime() - this.#workedAt < describeMs
    if (shown) return 'address'
    const call = await smallCall(this.#definition, await description())
    this.#onlyReached = call === undefined
    return call ?? 'address'
  }
}

/** One record of a type that is mapped; undefined where none can be asked for without knowing more. */
async function smallCall(
  { entities }: Pick<SystemDefinition, 'entities'>,
  description: Description,
): Promise<OperationCall | undefined> {
  for (const entity of Object.values(entities)) {
    if (entity.aggregate || entity.page.style === 'none') continue
    const question = { where: [], offset: 0, limit: 1, count: false, select: somePath(entity), sort: undefined }
    try {
      const call = await description.ask(entity, question)
      description.encode(call.operation, call.input)
      return call
    } catch {
      // It cannot be asked without conditions; perhaps another type can.
    }
  }
  return undefined
}

function somePath({ key, filter }: EntityDefinition): string[] {
  if (key !== undefined && !key.includes('{')) return [key]
  const named = Object.values(filter).map(one => (typeof one === 'string' ? one : one.field))
  return named.filter(one => one !== undefined).slice(0, 1)
}

/** The address besides that of the description at which a system must answer, if there is one. */
export function otherAddress({ protocol, document, endpoint }: SystemDefinition): string | undefined {
  if (endpoint === undefined || protocol === 'sql' || protocol === 'files' || protocol === 'graphql') return undefined
  return document !== undefined && URL.parse(document)?.origin === URL.parse(endpoint)?.origin ? undefined : endpoint
}

const answered = new Set<string | undefined>(['too_long', 'compressed'])

/** Whether anything answers at an address, whatever it says; no credentials go there. @throws UpstreamError */
export async function reach(system: string, url: string, carrier: Carrier, deadline: number): Promise<void> {
  try {
    const answer = await carrier.send({ method: 'GET', url, headers: { accept: '*/*' } }, deadline)
    // Others may only mean that nothing is to be had by GET there.
    if (answer.status >= 502 && answer.status <= 504) throw refusal(system, answer)
  } catch (error) {
    if (!(error instanceof UpstreamError && answered.has(error.kind))) throw error
  }
}
