import { z } from 'zod'
import type { Caller } from '../access/rights.ts'
import { inTransaction } from '../database/open.ts'
import { badRequest, notImplemented, ODataError } from './errors.ts'
import { answer, errorResponse, type ODataRequest, type ODataResponse, type Service } from './service.ts'

/** Most requests of one batch. */
const MOST = 100

const Part = z.object({
  id: z.string().min(1).max(100),
  method: z.string().regex(/^(get|post|patch|put|delete)$/i, 'expected get, post, patch, put or delete'),
  url: z.string().min(1).max(16_000),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  dependsOn: z.array(z.string()).optional(),
  atomicityGroup: z.string().min(1).max(100).optional(),
})
const Batch = z.object({ requests: z.array(Part).min(1).max(MOST) })
type Part = z.infer<typeof Part>
type Answered = { id: string; atomicityGroup?: string; status: number; headers: Record<string, string>; body?: unknown }

/**
 * Answers a JSON batch (OData JSON Format 4.01 §19): requests in order; those of one atomicityGroup succeed or fail
 * together; one that depends on a failed request is not tried (424).
 * @throws ODataError 400 for a malformed batch
 */
export function answerBatch(body: unknown, caller: Caller, service: Service): { responses: Answered[] } {
  const { requests } = checked(body)
  const responses: Answered[] = []
  const failed = new Set<string>()
  for (const group of grouped(requests)) {
    const name = group[0]!.atomicityGroup
    const blocked = group.some(part => part.dependsOn?.some(id => failed.has(id)))
    const answers = blocked
      ? group.map(part => labelled(part, dependencyFailed))
      : name === undefined
        ? group.map(part => labelled(part, answerPart(part, caller, service)))
        : answerAtomically(group, caller, service)
    responses.push(...answers)
    for (const each of answers) if (each.status >= 400) failed.add(each.id)
    if (name !== undefined && answers.some(each => each.status >= 400)) failed.add(name)
  }
  return { responses }
}

function checked(body: unknown): z.infer<typeof Batch> {
  const result = Batch.safeParse(body)
  if (!result.success) {
    const issue = result.error.issues[0]!
    throw badRequest(`The batch is malformed at ${issue.path.join('.') || 'its top'}: ${issue.message}.`)
  }
  const ids = new Set<string>()
  const closed = new Set<string>()
  let open: string | undefined
  for (const { id, dependsOn, atomicityGroup } of result.data.requests) {
    if (ids.has(id)) throw badRequest(`The id "${id}" is given twice in the batch.`)
    if (atomicityGroup !== open) {
      if (open !== undefined) closed.add(open)
      if (atomicityGroup !== undefined && closed.has(atomicityGroup))
        throw badRequest(`The requests of "${atomicityGroup}" must stand together.`)
      open = atomicityGroup
    }
    const unknown = dependsOn?.find(other => !ids.has(other) && !closed.has(other))
    if (unknown !== undefined) throw badRequest(`"${id}" depends on "${unknown}", which does not come before it.`)
    ids.add(id)
  }
  return result.data
}

function grouped(parts: Part[]): Part[][] {
  const groups: Part[][] = []
  for (const part of parts) {
    const last = groups.at(-1)
    if (part.atomicityGroup !== undefined && last?.[0]?.atomicityGroup === part.atomicityGroup) last.push(part)
    else groups.push([part])
  }
  return groups
}

class GroupFailed extends Error {
  readonly answers: Answered[]
  constructor(answers: Answered[]) {
    super('a request of the group failed')
    this.answers = answers
  }
}

function answerAtomically(group: Part[], caller: Caller, service: Service): Answered[] {
  try {
    return inTransaction(service.db, () => {
      const answers = group.map(part => labelled(part, answerPart(part, caller, service)))
      if (answers.some(each => each.status >= 400)) throw new GroupFailed(answers)
      return answers
    })
  } catch (error) {
    if (!(error instanceof GroupFailed)) throw error
    return error.answers.map((each, index) => (each.status >= 400 ? each : labelled(group[index]!, dependencyFailed)))
  }
}

const dependencyFailed = errorResponse(
  new ODataError(424, 'FailedDependency', 'Another request of the batch failed, so this one changed nothing.'),
)

const labelled = (part: Part, response: ODataResponse): Answered => ({
  id: part.id,
  ...(part.atomicityGroup === undefined ? {} : { atomicityGroup: part.atomicityGroup }),
  ...response,
})

/** A part that names nothing of this service is refused alone: others of the batch may have been carried out already. */
function answerPart(part: Part, caller: Caller, service: Service): ODataResponse {
  try {
    return answer(toRequest(part, service), caller, service)
  } catch (error) {
    if (error instanceof ODataError) return errorResponse(error)
    throw error
  }
}

function toRequest(part: Part, service: Service): ODataRequest {
  const headers = Object.fromEntries(
    Object.entries(part.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  return { method: part.method, url: relative(part.url, service.root), headers, body: part.body }
}

/** A batch may name resources relative to the service root, absolutely by path, or by the whole URL. */
function relative(url: string, root: string): string {
  if (url.startsWith('$') && !url.startsWith('$metadata') && !url.startsWith('$batch'))
    throw notImplemented('References between requests are not offered.')
  const path = new URL(root).pathname
  if (url.startsWith(`${root}/`)) return url.slice(root.length + 1)
  if (url.startsWith(`${path}/`)) return url.slice(path.length + 1)
  if (/^[a-z]+:\/\//i.test(url) || url.startsWith('/'))
    throw badRequest(`"${url.slice(0, 60)}" is not a resource of this service.`)
  return url
}
