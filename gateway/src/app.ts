import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSealing } from '@atrium/platform/audit'
import { createApp } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import type Koa from 'koa'
import type { Kysely } from 'kysely'
import { directoryHint, isKeyHint } from './access/directory-hints.ts'
import { createPermissions } from './access/permissions.ts'
import { startReadLog } from './access/read-log.ts'
import { startPeople } from './access/start-people.ts'
import { boardResolvers, boardTypeDefs, listBoards } from './boards/schema.ts'
import { startBoards } from './boards/start-boards.ts'
import { createClients } from './clients/clients.ts'
import { checkOperations, readClientsFile } from './clients/definition.ts'
import { shareRates } from './clients/shared-rates.ts'
import type { Config } from './config.ts'
import type { Database } from './database/schema.ts'
import { inboxTypeDefs, openInbox } from './inbox/inbox.ts'
import { startObserving } from './observing/observing.ts'
import { observingResolvers, observingTypeDefs } from './observing/schema.ts'
import { readProvisioning } from './provisioning/definition.ts'
import { scimFacadeRoutes } from './provisioning/scim-routes.ts'
import type { EditionParts } from './publishing/edition.ts'
import type { Ground } from './publishing/ground.ts'
import { offerResolvers, offerTypeDefs } from './publishing/offer.ts'
import { Publisher } from './publishing/publisher.ts'
import { publishingResolvers } from './publishing/resolvers.ts'
import { Running } from './publishing/running.ts'
import { SystemsSource } from './publishing/source.ts'
import { publishingTypeDefs } from './publishing/type-defs.ts'
import { startQuality } from './quality/quality.ts'
import { qualityRoutes } from './quality/routes.ts'
import { qualityResolvers, qualityTypeDefs } from './quality/schema.ts'
import { catalogueResolvers } from './schema/catalogue/resolvers.ts'
import { catalogueTypeDefs } from './schema/catalogue/sdl.ts'
import { graphqlRoutes } from './schema/endpoint.ts'
import { dayIn } from './schema/loaders.ts'
import { ownResolvers } from './schema/own-resolvers.ts'
import { ownTypeDefs } from './schema/own-schema.ts'
import { serveSockets } from './schema/socket.ts'
import { readWhole } from './schema/whole-list.ts'
import { messageFinder } from './search/messages.ts'
import { startChanges } from './systems/cache/changes.ts'
import { driftResolvers, driftTypeDefs } from './systems/drift/schema.ts'
import { type DriftWorld, startDriftWatch } from './systems/drift/watch.ts'
import { createSystems } from './systems/registry.ts'
import { createTokens } from './systems/tokens.ts'
import { readWidgets } from './widgets/definition.ts'
import { widgetResolvers, widgetTypeDefs } from './widgets/schema.ts'

export interface App {
  koa: Koa
  /** the WebSocket side, once the server listens */
  serveSockets(server: import('node:http').Server): { close(): Promise<void> }
  /** what readiness depends on */
  health: Record<string, () => Promise<void>>
  stop(): Promise<void>
}

/**
 * Composes the gateway from its parts: systems, people, dictionary, inbox, boards, graph.
 * @throws ConfigFileError, DictionaryFault, MappingFault, StoredOperationFault, WidgetFault naming what does not fit
 */
export async function buildApp(config: Config, db: Kysely<Database>): Promise<App> {
  const logger = log('gateway')
  const widgets = await readWidgets(config.CONFIG_DIR)
  const clients = await readClientsFile(config.CONFIG_DIR)
  const tokens = createTokens({ issuer: config.ISSUER, clientId: config.CLIENT_ID, clientSecret: config.CLIENT_SECRET })
  const encryptionKey = Buffer.from(config.ENCRYPTION_KEY, 'base64')
  const systems = createSystems({ definitions: {}, tokens, db, onDrift: drift => drifts.noticed(drift) })
  let mapped: (() => DriftWorld) | undefined
  const drifts = startDriftWatch({ db, systems, current: () => mapped?.(), log: logger })
  const source = await SystemsSource.open(config.CONFIG_DIR, db as never, encryptionKey)
  const running = await Running.open({ db, databaseUrl: config.DATABASE_URL, source, registry: systems, log: logger })
  const people = startPeople({ db, config, tokens, log: logger })
  const inbox = await openInbox({
    db,
    config,
    systems,
    definitions: source.file.systems,
    readList: async (system, type, args) => {
      const { entities, attached } = running.ground
      const entity = entities.get(`${system}.${type}`)
      if (!entity) throw new Error(`${system} gives no ${type}`)
      return await readWhole(attached.connector(system), entity, args, dayIn(source.file.company.zone))
    },
    people,
    encryptionKey,
    log: logger,
  })
  const boards = await startBoards({ db, config, systems, log: logger })
  const forget = (system: string | undefined): void => {
    if (system !== undefined && systems.has(system)) systems.connector(system).reads.forget()
  }
  const changes = startChanges(db, { url: config.DATABASE_URL, self: randomUUID(), log: logger, forget })
  systems.onWritten(changes.tell)
  inbox.onEvent(({ source }) => forget(inbox.systemOf(source)))
  inbox.onEvent(event => boards.eventArrived(event))
  inbox.onEvent(async event => {
    const personIds = directoryHint(event)
    if (personIds !== undefined) await people.directoryChanged(personIds)
    if (isKeyHint(event)) await people.keysChanged()
  })

  const { zone } = source.file.company
  const worldOf = ({ dictionary, file }: Ground) => ({ dictionary, systems: file.systems })
  const quality = startQuality({ db, zone, world: () => worldOf(running.ground), log: logger })
  const readLog = startReadLog(db)
  const limits = { depth: config.MAX_DEPTH, breadth: config.MAX_BREADTH, cost: config.MAX_COST }
  const policies = createClients(clients, { limits, introspection: config.SCHEMA_INTROSPECTION })
  const sharing = shareRates(db, policies.rates, { log: logger })

  // Whatever follows from the systems is made anew for each revision of them; everything else is there once.
  const parts: EditionParts = {
    operationFolders: [
      fileURLToPath(new URL('../operations/', import.meta.url)),
      join(config.CONFIG_DIR, 'operations'),
    ],
    limits,
    widgets: { all: widgets, file: join(config.CONFIG_DIR, 'widgets.yaml') },
    checkOperations: stored => checkOperations(clients, stored),
    compose(ground) {
      const { dictionary, entities, attached, file } = ground
      const connectors = attached.connector.bind(attached)
      const own = ownResolvers({
        dictionary,
        entities,
        connectors,
        inboxStatus: () => inbox.status(),
        findMessages: messageFinder(inbox.resolvers),
        boardsOf: context => listBoards(boards, context),
      })
      return {
        local: {
          typeDefs: [
            ownTypeDefs,
            inboxTypeDefs,
            boardTypeDefs,
            widgetTypeDefs,
            qualityTypeDefs,
            catalogueTypeDefs,
            publishingTypeDefs,
            offerTypeDefs,
            observingTypeDefs,
            driftTypeDefs,
          ],
          resolvers: [
            own,
            inbox.resolvers as never,
            boardResolvers(boards, people.find) as never,
            widgetResolvers(widgets),
            qualityResolvers({ db, zone, world: worldOf(ground) }) as never,
            catalogueResolvers({ dictionary, entities, systems: file.systems }, boards.definitions) as never,
            publishingResolvers(running, () => publisher, encryptionKey),
            offerResolvers(running) as never,
            observingResolvers(db as never, () => observing.flush()),
            driftResolvers(db as never) as never,
          ],
        },
        endpoint: {
          request: {
            db,
            systems,
            connectors,
            permissions: createPermissions(dictionary),
            readLog,
            quality: quality.collector,
            zone,
            budgetMs: config.REQUEST_BUDGET_MS,
          },
          clients: policies,
          authenticate: people.authenticate,
        },
      }
    },
  }
  const publisher = new Publisher(running, parts)
  const observing = startObserving({
    db,
    clients: ['portal', ...Object.keys(clients.clients)],
    systems: () =>
      systems.list().map(({ id, breaker }) => ({ id, breaker, cacheBytes: systems.connector(id).reads.bytes })),
    log: logger,
  })
  const editions = await running.start(parts)
  mapped = () => {
    const { graph, stored } = editions.current()
    return { entities: running.ground.entities, stored, schema: graph.schema }
  }

  const koa = createApp({ name: 'gateway', corsOrigins: [new URL(config.PORTAL_URL).origin] })
  koa.use(inbox.routes.routes())
  koa.use(
    scimFacadeRoutes({
      db,
      systems,
      targets: await readProvisioning(config.CONFIG_DIR),
      authenticate: people.authenticate,
    }).routes(),
  )
  const currentQuality = () => ({
    world: worldOf(running.ground),
    permissions: editions.current().request.permissions,
  })
  koa.use(qualityRoutes({ db, zone, current: currentQuality, authenticate: people.authenticate }).routes())
  koa.use(graphqlRoutes(editions).routes())
  const sealing = startSealing(db, { name: 'gateway' })

  return {
    koa,
    serveSockets: server => serveSockets(server, editions, people),
    health: { people: () => people.ready() },
    async stop() {
      await Promise.allSettled([
        drifts.stop(),
        quality.stop(),
        inbox.stop(),
        boards.stop(),
        people.stop(),
        readLog.stop(),
        sharing.stop(),
        observing.stop(),
        changes.stop(),
      ])
      await sealing.stop()
      await running.stop()
      await systems.stop()
      await tokens.close()
    },
  }
}
