import { evaluate as computed, ExpressionFault } from '../systems/expressions/evaluate.ts'
import { type Systems, UpstreamError } from '../systems/types.ts'
import { type ProvisioningTarget, withHelpers } from './definition.ts'
import { type Account, accountSchema } from './scim-user.ts'

const budget = 10_000
const pageSize = 200
const mostPages = 100
const largest = 4_000_000

/** The accounts of one system, through its connector and the gateway's own account there. */
export interface Accounts {
  /** @throws UpstreamError */
  page(offset: number, limit: number): Promise<{ accounts: Account[]; total: number }>
  /** @throws UpstreamError */
  byUserName(userName: string): Promise<Account | undefined>
  /** @throws UpstreamError */
  byExternalId(externalId: string): Promise<Account | undefined>
  /** Creates or replaces. @throws UpstreamError */
  save(account: Account): Promise<void>
}

/** @param target how the system's words map to ours, from provisioning.yaml */
export function accountsOf(system: string, target: ProvisioningTarget, systems: Systems): Accounts {
  const call = async (operation: string, input: unknown, safe: boolean): Promise<unknown> =>
    await systems.get(system).invoke(operation, input as Record<string, unknown>, {
      credential: { kind: 'service' },
      deadline: Date.now() + budget,
      safe,
    })

  const evaluate = async (source: string, input: unknown): Promise<unknown> => {
    try {
      return await computed(withHelpers(source), input, {}, { largest })
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error
      throw badAnswer(`the mapping ${error.message}: ${source.slice(0, 200)}`)
    }
  }
  const badAnswer = (message: string): UpstreamError =>
    new UpstreamError('UPSTREAM_BAD_ANSWER', system, message, { retryable: false })

  const list = async (input: unknown): Promise<{ accounts: Account[]; total: number }> => {
    const answer = await call(target.list.operation, input, true)
    const items = await evaluate(target.list.items, answer)
    const records = items === undefined || items === null ? [] : Array.isArray(items) ? items : [items]
    const accounts = await Promise.all(
      records.map(async record => {
        const account = accountSchema.safeParse(await evaluate(target.account, record))
        if (!account.success)
          throw badAnswer(
            `an account breaks the mapping: ${account.error.issues[0]?.path.join('.')} ${account.error.issues[0]?.message}`,
          )
        return { ...account.data, roles: [...account.data.roles].sort() }
      }),
    )
    return { accounts, total: Number((await evaluate(target.list.total, answer)) ?? accounts.length) }
  }

  return {
    page: async (offset, limit) => await list(await evaluate(target.list.page, { offset, limit })),
    async byUserName(userName) {
      const { accounts } = await list(await evaluate(target.list.byUserName, { userName }))
      // Some systems compare without case or ignore a filter they do not know.
      return accounts.find(account => account.userName === userName)
    },
    async byExternalId(externalId) {
      if (target.list.byExternalId !== undefined) {
        const { accounts } = await list(await evaluate(target.list.byExternalId, { externalId }))
        return accounts.find(account => account.externalId === externalId)
      }
      for (let page = 0, seen = 0; page < mostPages; page += 1) {
        const { accounts, total } = await list(await evaluate(target.list.page, { offset: seen, limit: pageSize }))
        const found = accounts.find(account => account.externalId === externalId)
        if (found) return found
        seen += accounts.length
        if (accounts.length === 0 || seen >= total) return undefined
      }
      return undefined
    },
    // An account is written as a whole: to repeat it changes nothing.
    save: async account => void (await call(target.save.operation, await evaluate(target.save.input, account), true)),
  }
}
