import { withTrace } from '@atrium/platform/log'
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute, getOperationAST } from 'graphql'
import { type ClientPolicy, TooManyRequests } from '../clients/clients.ts'
import { type OperationOutcome, operationEnded, outcomeOf } from '../clients/operation-events.ts'
import type { RequestContext } from './context.ts'
import { defers } from './defer.ts'
import type { EndpointDeps } from './endpoint.ts'
import { finish } from './finish.ts'
import { Payloads } from './incremental.ts'
import { compilePlan, isDelivery } from './plan/plan.ts'

/** An operation of a socket that was found right. */
export interface PreparedArgs extends ExecutionArgs {
  deps: EndpointDeps
  fresh: () => RequestContext
  asked: RequestContext['operation']
  policy: ClientPolicy
}

/** What a query or mutation answers: one message, or several where something is deferred. */
export async function run(args: PreparedArgs): Promise<ExecutionResult | Payloads> {
  return await withTrace(undefined, async () => {
    const context = args.fresh()
    const { asked, deps, policy } = args
    const started = performance.now()
    let result: ExecutionResult
    // Subscriptions stay open: only what is answered once takes a place among what is under way.
    let leave: (() => void) | undefined
    const ended = (outcome: OperationOutcome): void => {
      leave?.()
      operationEnded({
        client: policy.client,
        operation: asked.id,
        outcome,
        ms: performance.now() - started,
        calls: context.calls,
        traceId: context.traceId,
      })
    }
    try {
      leave = deps.clients.begin(context.viewer)
      const answer = await answerOf(args, context)
      if (answer instanceof Payloads) {
        void answer.ended.then(ended)
        return answer
      }
      result = answer
    } catch (error) {
      if (!(error instanceof TooManyRequests)) {
        leave?.()
        throw error
      }
      result = { errors: [error.told(context.locale === 'en' ? 'en' : 'zh')] }
    }
    ended(leave ? outcomeOf(result) : 'refused')
    return result
  })
}

async function answerOf(args: PreparedArgs, context: RequestContext): Promise<ExecutionResult | Payloads> {
  const { asked, deps, schema, document } = args
  const variables = args.variableValues ?? {}
  const stored = asked.id === null ? undefined : deps.stored.get(asked.id)
  const plan = stored ?? (defers(document) ? compilePlan(schema, document, args.operationName ?? null) : undefined)
  if (!plan?.deliver)
    return finish(
      await (stored ? stored.run(context, variables) : execute({ ...args, contextValue: context })),
      context,
    )
  const gone = new AbortController()
  if (getOperationAST(document, args.operationName)?.operation === 'query') context.signal = gone.signal
  const answer = await plan.deliver(context, variables)
  if (!isDelivery(answer)) return finish(answer, context)
  const payloads = new Payloads(finish(answer.first, context), answer, context)
  // Whoever takes no more of it ends what is under way for it.
  void payloads.ended.then(() => gone.abort())
  return payloads
}

/** Each event is resolved in a context of its own, with the viewer's rights as of then. */
export async function subscribe(args: PreparedArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const opening = args.fresh()
  const events = await createSourceEventStream({ ...args, contextValue: opening })
  if (!(Symbol.asyncIterator in events)) return finish(events, opening)
  const source = (events as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  const answers: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const event = await source.next()
      if (event.done) return { done: true, value: undefined }
      return await withTrace(undefined, async () => {
        const context = args.fresh()
        const result = await execute({ ...args, rootValue: event.value, contextValue: context })
        return { done: false, value: finish(result, context) }
      })
    },
    async return() {
      await source.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return answers
    },
  }
  return answers
}
