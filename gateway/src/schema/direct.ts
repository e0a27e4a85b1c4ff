import type { IncomingMessage } from 'node:http'
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql'
import type { ClientPolicy } from '../clients/clients.ts'
import type { RequestContext } from './context.ts'
import { documentRules } from './defer.ts'
import { checkCost, checkShape, checkText } from './limits.ts'
import { compilePlan, type Delivery, type Plan } from './plan/plan.ts'
import type { StoredOperations } from './stored-operations.ts'

/** A request that can be run at once: everything that could be wrong with it was found right. */
export interface Ready {
  kind: 'query' | 'mutation'
  run(): ExecutionResult | Promise<ExecutionResult>
  /** runs it and delivers what it defers later; there is none where nothing is deferred */
  deliver?: (() => Promise<ExecutionResult | Delivery>) | undefined
}

interface Known {
  document: DocumentNode
  kind: Ready['kind']
  plan: Plan
}

const mostTexts = 200
const longestKept = 8 * 1024

/**
 * Queries of clients' own that were asked before, compiled like stored operations. The second time a text comes it is
 * compiled, so that texts that come once cost nothing here.
 */
class Texts {
  #seen = new Set<string>()
  #known = new Map<string, Known | null>()

  /** @returns undefined for what is not to be run from here */
  find(
    schema: GraphQLSchema,
    text: string,
    name: string | undefined,
    limits: ClientPolicy['limits'],
  ): Known | undefined {
    if (text.length > longestKept) return undefined
    const key = `${name ?? ''}\n${text}`
    const known = this.#known.get(key)
    if (known !== undefined) {
      // Moved to the end: the first of a map is what was not used for longest.
      this.#known.delete(key)
      this.#known.set(key, known)
      return known ?? undefined
    }
    if (!this.#seen.delete(key)) {
      if (this.#seen.size >= mostTexts) this.#seen.clear()
      this.#seen.add(key)
      return undefined
    }
    if (this.#known.size >= mostTexts) this.#known.delete(this.#known.keys().next().value as string)
    const fresh = compiled(schema, text, name, limits)
    this.#known.set(key, fresh)
    return fresh ?? undefined
  }
}

const textsOf = new WeakMap<GraphQLSchema, Texts>()

/**
 * The short way of a request: what is plain, allowed and valid runs without the layers of a general GraphQL server between.
 * Whatever is not, for whatever reason, is undefined and takes the long way, which says what is wrong with it.
 * @param body as it came
 */
export function readyToRun(
  body: string,
  deps: { schema: GraphQLSchema; stored: StoredOperations },
  policy: ClientPolicy,
  context: RequestContext,
): Ready | undefined {
  const params = plainParams(body)
  if (!params) return undefined
  const variables = params.variables ?? {}
  const language = context.locale === 'en' ? 'en' : 'zh'
  try {
    if (params.documentId !== undefined) {
      const operation = deps.stored.get(params.documentId)
      if (!operation?.compiled || operation.kind === 'subscription') return undefined
      policy.admitOperation(operation.id, language)
      context.operation.id = operation.id
      const { kind, deliver } = operation
      return {
        kind,
        run: () => operation.run(context, variables),
        deliver: deliver && (() => deliver(context, variables)),
      }
    }
    const text = params.query ?? ''
    policy.admitOperation(null, language)
    checkText(text)
    // What is kept here was found valid for whoever asked first: who may not ask for the schema takes the long way.
    if (!policy.introspection && /\b__(schema|type)\b/.test(text)) return undefined
    let texts = textsOf.get(deps.schema)
    if (!texts) {
      texts = new Texts()
      textsOf.set(deps.schema, texts)
    }
    const known = texts.find(deps.schema, text, params.operationName, policy.limits)
    if (!known) return undefined
    checkShape(known.document, policy.limits)
    checkCost(known.document, params.operationName, variables, policy.limits)
    context.operation.text = text
    const { kind, plan } = known
    const { deliver } = plan
    return { kind, run: () => plan.run(context, variables), deliver: deliver && (() => deliver(context, variables)) }
  } catch {
    return undefined
  }
}

/** Reads a body whose length was told and found bearable. */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk as Buffer))
    request.once('end', () =>
      resolve((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString('utf8')),
    )
    request.once('error', reject)
    // After the end this says nothing new; before it, whoever asked has gone.
    request.once('close', () => reject(new Error('the request was not sent whole')))
  })
}

interface Params {
  documentId?: string
  query?: string
  operationName?: string
  variables?: Record<string, unknown> | null
}

/** The parameters, if there is nothing unusual about them: either a text or the id of a stored operation. */
function plainParams(body: string): Params | undefined {
  let params: unknown
  try {
    params = JSON.parse(body)
  } catch {
    return undefined
  }
  if (!isObject(params)) return undefined
  for (const name of Object.keys(params)) if (!names.has(name)) return undefined
  const { documentId, query, operationName, variables } = params
  if (variables !== undefined && variables !== null && !isObject(variables)) return undefined
  if (documentId !== undefined) {
    const plain = typeof documentId === 'string' && query === undefined && operationName === undefined
    return plain ? { documentId, variables: variables ?? null } : undefined
  }
  if (typeof query !== 'string' || (operationName !== undefined && typeof operationName !== 'string')) return undefined
  return { query, variables: variables ?? null, ...(operationName !== undefined && { operationName }) }
}

const names = new Set(['documentId', 'query', 'operationName', 'variables'])

/** What the long way answered to an Accept header with the result of a query: the short way answers with the same. */
export class AnswerTypes {
  #known = new Map<string, string>()

  learn(accept: string, status: number, type: string | null): void {
    if (status !== 200 || !type || !/^application\/(graphql-response\+)?json/.test(type)) return
    if (this.#known.size < mostTexts && accept.length <= 200) this.#known.set(accept, type)
  }

  get(accept: string): string | undefined {
    return this.#known.get(accept)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** @throws GraphQLError when the client may not ask so much, which is not to be remembered for others */
function compiled(
  schema: GraphQLSchema,
  text: string,
  name: string | undefined,
  limits: ClientPolicy['limits'],
): Known | null {
  const document = parse(text)
  checkShape(document, limits)
  if (validate(schema, document, documentRules).length > 0) return null
  const kind = getOperationAST(document, name)?.operation
  if (kind === undefined || kind === 'subscription') return null
  const plan = compilePlan(schema, document, name ?? null)
  return plan ? { document, kind, plan } : null
}
