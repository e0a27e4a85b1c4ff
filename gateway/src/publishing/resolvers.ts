import { audit } from '@atrium/platform/audit'
import type { IResolvers } from '@graphql-tools/utils'
import type { RequestContext } from '../schema/context.ts'
import { badInput } from '../schema/errors.ts'
import { authorOf, commentOf, namesOf, requireAdministration } from './administration.ts'
import type { SchemaChange } from './difference.ts'
import { faultOf } from './faults.ts'
import { descriptionOf, mappedTypes } from './offered.ts'
import type { Publication, Publisher, Verdict } from './publisher.ts'
import { overlayAt, readRevisions } from './revisions.ts'
import type { Running } from './running.ts'
import { deleteSecret, listSecrets, writeSecret } from './secrets.ts'
import type { Trial } from './trial.ts'
import { tryEntity } from './trial.ts'

type Args = Record<string, unknown> & { id: string; yaml: string; comment: string; expectedRevision: number }

/** The resolvers of type-defs.ts. Everything here is for administrators. */
export function publishingResolvers(running: Running, publisher: () => Publisher, encryptionKey: Buffer): IResolvers {
  const db = running.tables
  const secretsOf = async (system: string) => {
    const named = namedSecrets((await textOf(running, system, undefined))?.yaml ?? '')
    return (await listSecrets(db, system)).map(one => ({ ...one, named: named.has(one.name) }))
  }
  const guarded =
    <A, T>(work: (args: A, context: RequestContext) => T) =>
    (_: unknown, args: A, context: RequestContext): T => {
      requireAdministration(context)
      return work(args, context)
    }
  const wanted = (args: Args, context: RequestContext) => ({
    author: authorOf(context),
    comment: commentOf(args.comment),
    expected: args.expectedRevision,
  })
  return {
    Query: {
      publishing: guarded(() => running.state),
      systemSource: guarded(async ({ id, revision }: { id: string; revision?: number | null }) => {
        const text = await textOf(running, id, revision ?? undefined)
        if (!text) return null
        const variables = [...(await running.source.variables(id)).keys()]
        return { id, ...text, latestRevision: running.state.latest, variables, secrets: () => secretsOf(id) }
      }),
      systemRevisions: guarded(
        async ({ system, first, before }: { system?: string | null; first: number; before?: number | null }) => {
          if (first < 1 || first > 100) throw badInput('"first" must be from 1 to 100')
          const texts = await running.source.texts()
          const search = { first, system: system ?? undefined, before: before ?? undefined }
          const revisions = await readRevisions(db, search, id => texts[id]?.yaml ?? null)
          const names = await namesOf(
            running.db,
            revisions.map(one => one.author),
          )
          return revisions.map(one => ({
            ...one,
            revision: one.number,
            author: one.author.name ?? one.author.id,
            authorNames: names(one.author),
            running: one.number === running.ground.revision,
            changes: one.changes.map(change => ({
              ...change,
              kind: change.before === null ? 'ADDED' : change.after === null ? 'REMOVED' : 'CHANGED',
            })),
          }))
        },
      ),
      systemSecrets: guarded(({ system }: { system: string }) => secretsOf(system)),
    },
    Mutation: {
      checkSystem: guarded(async ({ id, yaml, asked }: Args & { asked: boolean }, context) => {
        // Any other text may lead anywhere, so it is recorded whoever says that nobody asked.
        if (asked || (await textOf(running, id, undefined))?.yaml !== yaml) await record(context, 'system.checked', id)
        return await publisher().check(id, yaml, verdict => checked(id, verdict, context))
      }),
      trySystem: guarded(async (args: Args, context) => {
        const { id, yaml, type, first } = args as Args & { type: string; first: number }
        if (first < 1 || first > 20) throw badInput('"first" must be from 1 to 20')
        await record(context, 'system.tried', id, { type, first })
        const look = async ({ ground, faults }: Verdict): Promise<Trial> => {
          const entity = ground?.entities.get(`${id}.${type}`)
          if (!ground || !entity) return nothing(faults[0]?.message ?? `${id} maps no ${type}`)
          const { request } = running.edition.endpoint
          const options = { first, running: running.ground.dictionary, request, viewer: context }
          return await tryEntity(entity, ground, options)
        }
        return shownTrial(await publisher().check(id, yaml, look, false))
      }),
      publishSystem: guarded(async (args: Args, context) =>
        shown(await publisher().publish(args.id, args.yaml, wanted(args, context)), context),
      ),
      removeSystem: guarded(async (args: Args, context) =>
        shown(await publisher().remove(args.id, wanted(args, context)), context),
      ),
      rollBackSystems: guarded(async (args: Args, context) =>
        shown(await publisher().rollBack(args.revision as number, wanted(args, context)), context),
      ),
      setSystemSecret: guarded(async ({ system, name, value }: Record<string, string>, context) => {
        if (!/^[a-z][a-z0-9-]{0,62}$/.test(system ?? '')) throw badInput('"system" is no id of a system')
        if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name ?? '')) throw badInput('"name" has letters, digits and _ only')
        if (!value || value.length > 20_000) throw badInput('"value" must have 1 to 20000 characters')
        const secret = { system: system as string, name: name as string, value, by: authorOf(context) }
        const kept = await running.db.transaction().execute(async trx => {
          await audit(trx, entry(context, 'system.secretSet', secret.system, { name: secret.name }))
          return await writeSecret(trx as never, secret, encryptionKey)
        })
        await running.alone(() => running.renewSecrets())
        return { ...kept, named: (await secretsOf(secret.system)).some(one => one.name === name && one.named) }
      }),
      removeSystemSecret: guarded(async ({ system = '', name = '' }: Record<string, string>, context) => {
        if ((await secretsOf(system)).some(one => one.name === name && one.named))
          throw badInput(`the running YAML of ${system} names the secret ${name}`)
        return await running.db.transaction().execute(async trx => {
          const gone = await deleteSecret(trx as never, system, name)
          if (gone) await audit(trx, entry(context, 'system.secretRemoved', system, { name }))
          return gone
        })
      }),
    },
  } as IResolvers
}

/** The text of a system as it runs, or as of a revision. */
async function textOf(running: Running, id: string, revision: number | undefined) {
  const overlay = await overlayAt(running.tables, revision ?? running.ground.revision)
  const published = overlay.get(id)
  if (published?.state === 'removed') return null
  if (published) return { yaml: published.yaml, origin: 'REVISION', revision: published.revision }
  const base = (await running.source.texts())[id]
  return base ? { yaml: base.yaml, origin: 'FILE', revision: 0 } : null
}

function namedSecrets(yaml: string): Set<string> {
  return new Set([...yaml.matchAll(/\$\{secret:([^}]*)\}/g)].map(([, name = '']) => name))
}

function checked(id: string, { faults, changes, ground, entry: { definition } }: Verdict, context: RequestContext) {
  const attachment = ground?.attached.get(id)
  return {
    publishable: !faults.some(fault => fault.level === 'ERROR'),
    faults,
    description: ground && descriptionOf(id, ground, attachment?.described),
    mapped: ground && definition ? mappedTypes(id, ground) : [],
    difference: difference(changes, context),
  }
}

function shown({ changes, ...publication }: Publication, context: RequestContext) {
  return { ...publication, difference: difference(changes, context) }
}

function difference(changes: readonly SchemaChange[], { locale }: RequestContext) {
  const told = changes.map(change => ({ ...change, text: locale === 'en' ? change.text.en : change.text.zh }))
  return { breaking: changes.some(change => change.breaking), changes: told.slice(0, 1000) }
}

function shownTrial(trial: Trial) {
  const columns = trial.columns.map(({ field, decision }) => ({
    field: field.name,
    names: { zhCN: field.label.zh, en: field.label.en },
    class: field.class,
    decision,
  }))
  return { ...trial, columns }
}

function nothing(error: string): Trial {
  return { rows: null, columns: [], total: null, ms: 0, faults: [], error: faultOf(error).message }
}

function entry(context: RequestContext, action: string, system: string, detail: Record<string, unknown> = {}) {
  return {
    actor: authorOf(context),
    action,
    target: { type: 'system', id: system.slice(0, 100) },
    outcome: 'success',
    detail,
  } as const
}

async function record(context: RequestContext, action: string, id: string, detail?: object): Promise<void> {
  await audit(context.db, entry(context, action, id, { ...detail }))
}
