import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSealing } from '@atrium/platform/audit'
import { createApp } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import type Koa from 'koa'
import type { Kysely } from 'kysely'
import { directoryHint } from './access/directory-hints.ts'
import { createPermissions } from './access/permissions.ts'
import { startReadLog } from './access/read-log.ts'
import { startPeople } from './access/start-people.ts'
import { boardResolvers, boardTypeDefs, listBoards } from './boards/schema.ts'
import { startBoards } from './boards/start-boards.ts'
import { createClients } from './clients/clients.ts'
import { checkOperations, readClientsFile } from './clients/definition.ts'
import type { Config } from './config.ts'
import type { Database } from './database/schema.ts'
import { inboxTypeDefs, openInbox } from './inbox/inbox.ts'
import { readProvisioning } from './provisioning/definition.ts'
import { scimFacadeRoutes } from './provisioning/scim-routes.ts'
import { startQuality } from './quality/quality.ts'
import { qualityRoutes } from './quality/routes.ts'
import { qualityResolvers, qualityTypeDefs } from './quality/schema.ts'
import { catalogueResolvers } from './schema/catalogue/resolvers.ts'
import { catalogueTypeDefs } from './schema/catalogue/sdl.ts'
import { connectorDictionaries } from './schema/connector-dictionary.ts'
import { readDictionary } from './schema/dictionary.ts'
import { always } from './schema/editions.ts'
import { type EndpointDeps, graphqlRoutes } from './schema/endpoint.ts'
import { checkEntities, compileEntities } from './schema/entities.ts'
import { buildGraph } from './schema/graph.ts'
import { ownResolvers } from './schema/own-resolvers.ts'
import { ownTypeDefs } from './schema/own-schema.ts'
import { serveSockets } from './schema/socket.ts'
import { readStoredOperations } from './schema/stored-operations.ts'
import { messageFinder } from './search/messages.ts'
import { readSystemsFile } from './systems/configuration.ts'
import { createSystems } from './systems/registry.ts'
import { createTokens } from './systems/tokens.ts'
import { checkWidgets } from './widgets/check.ts'
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
  const file = await readSystemsFile(config.CONFIG_DIR)
  const added = Object.values(file.systems).flatMap(one =>
    one.dictionary ? [resolve(config.CONFIG_DIR, one.dictionary)] : [],
  )
  const dictionary = await readDictionary(added, await connectorDictionaries(config.CONFIG_DIR, file))
  const entities = compileEntities(dictionary, file)
  const widgets = await readWidgets(config.CONFIG_DIR)
  const tokens = createTokens({ issuer: config.ISSUER, clientId: config.CLIENT_ID, clientSecret: config.CLIENT_SECRET })
  const systems = createSystems({
    definitions: file.systems,
    tokens,
    db,
    check: (system, description) => checkEntities(entities, system, description),
  })
  await systems.start()

  const encryptionKey = Buffer.from(config.ENCRYPTION_KEY, 'base64')
  const people = startPeople({ db, config, tokens, log: logger })
  const inbox = await openInbox({ db, config, systems, people, encryptionKey, log: logger })
  const boards = await startBoards({ db, config, systems, log: logger })
  inbox.onEvent(({ source }) => {
    const system = inbox.systemOf(source)
    if (system !== undefined && systems.has(system)) systems.connector(system).reads.forget()
  })
  inbox.onEvent(event => boards.eventArrived(event))
  inbox.onEvent(async event => {
    const personIds = directoryHint(event)
    if (personIds !== undefined) await people.directoryChanged(personIds)
  })

  const { zone } = file.company
  const world = { dictionary, systems: file.systems }
  const quality = startQuality({ db, zone, world: () => world, log: logger })
  const connectors = systems.connector
  const own = ownResolvers({
    dictionary,
    entities,
    connectors,
    inboxStatus: () => inbox.status(),
    findMessages: messageFinder(inbox.resolvers),
    boardsOf: context => listBoards(boards, context),
  })
  const graph = buildGraph({
    dictionary,
    entities,
    connectors,
    currency: file.company.currency,
    local: {
      typeDefs: [ownTypeDefs, inboxTypeDefs, boardTypeDefs, widgetTypeDefs, qualityTypeDefs, catalogueTypeDefs],
      resolvers: [
        own,
        inbox.resolvers as never,
        boardResolvers(boards, people.find) as never,
        widgetResolvers(widgets),
        qualityResolvers({ db, zone, world }) as never,
        catalogueResolvers({ dictionary, entities, systems: file.systems }, boards.definitions) as never,
      ],
    },
  })
  const limits = { depth: config.MAX_DEPTH, breadth: config.MAX_BREADTH, cost: config.MAX_COST }
  const operationFolders = [
    fileURLToPath(new URL('../operations/', import.meta.url)),
    join(config.CONFIG_DIR, 'operations'),
  ]
  const stored = await readStoredOperations(operationFolders, graph.schema, limits)
  const attached = { operations: stored, schema: graph.schema, systems: Object.keys(file.systems) }
  checkWidgets(widgets, attached, join(config.CONFIG_DIR, 'widgets.yaml'))
  const clients = await readClientsFile(config.CONFIG_DIR)
  checkOperations(clients, stored)
  const readLog = startReadLog(db)
  const permissions = createPermissions(dictionary)
  const endpoint: EndpointDeps = {
    graph,
    stored,
    request: {
      db,
      systems,
      connectors,
      permissions,
      readLog,
      quality: quality.collector,
      zone,
      budgetMs: config.REQUEST_BUDGET_MS,
    },
    clients: createClients(clients, { limits, introspection: config.SCHEMA_INTROSPECTION }),
    authenticate: people.authenticate,
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
  koa.use(
    qualityRoutes({ db, zone, current: () => ({ world, permissions }), authenticate: people.authenticate }).routes(),
  )
  koa.use(graphqlRoutes(always(endpoint)).routes())
  const sealing = startSealing(db, { name: 'gateway' })

  return {
    koa,
    serveSockets: server => serveSockets(server, always(endpoint), people),
    health: { people: () => people.ready() },
    async stop() {
      await Promise.allSettled([quality.stop(), inbox.stop(), boards.stop(), people.stop(), readLog.stop()])
      await sealing.stop()
      await systems.stop()
      await tokens.close()
    },
  }
}
